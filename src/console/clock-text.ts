/** Moments and lengths of time as the console shows them; moments in the viewer's own time zone. */

const SECOND_MS = 1_000;

/** What is left, to the second and never less than nothing: `0:07`, `12:30`, `1:02:03`, `3 d 4 h`. */
export function countdownText(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / SECOND_MS));
  if (seconds >= 2 * 86_400) return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60];
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${twoDigits(rest)}` : `${minutes}:${twoDigits(rest)}`;
}

/** For screen readers, which would read a colon as anything: `2 min 5 s`. */
export function countdownWords(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / SECOND_MS));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3_600), 'h'],
    [Math.floor((seconds % 3_600) / 60), 'min'],
    [seconds % 60, 's'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).slice(0, 2);
  return told.length === 0 ? '0 s' : told.map(([count, unit]) => `${count} ${unit}`).join(' ');
}

/** What is left of a rest now, of which `leftMs` were left at `seenAtMs`; both times on the same clock. */
export function leftAt(leftMs: number, seenAtMs: number, nowMs: number): number {
  return Math.max(0, leftMs - Math.max(0, nowMs - seenAtMs));
}

/** `14:03:09` */
export function clockText(atMs: number): string {
  const at = new Date(atMs);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(twoDigits).join(':');
}

/** `14:03` */
export function hourText(atMs: number): string {
  return clockText(atMs).slice(0, 5);
}

/** `2026-01-15 14:03:09` */
export function momentText(atMs: number): string {
  const at = new Date(atMs);
  return `${at.getFullYear()}-${twoDigits(at.getMonth() + 1)}-${twoDigits(at.getDate())} ${clockText(atMs)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
