import { useEffect, useState } from 'preact/hooks';

/** `performance.now()`, looked at again every `everyMs`. */
export function useClock(everyMs: number): number {
  const [nowMs, setNowMs] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(performance.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return Math.max(nowMs, 0);
}
