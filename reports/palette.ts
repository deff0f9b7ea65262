/**
 * One colour per policy, target and state, the same in every chart. A chart names a colour by role
 * (`var(--policy-0)`); the page gives each role a value for its light and dark theme, and the PNGs are drawn
 * with the light values. Policies start from the colour-blind safe set of Okabe and Ito ("Color Universal
 * Design", 2008), darkened where a line on white needs it, and also differ by dash.
 */
import type { TargetState } from '../src/router/contract.ts';
import { oklchToHex } from './oklab.ts';

/** A CSS colour in terms of a role, e.g. `var(--ink)`. */
export type Paint = string;
export type Theme = Readonly<Record<string, string>>;

const POLICY_LIGHT = ['#0069a8', '#c84e00', '#00825f', '#a44d87', '#7a5c00', '#4a4f57', '#2f86c9', '#8c3b2e'];
const POLICY_DARK = ['#58aeea', '#ff9a57', '#34c79a', '#e79acb', '#d9b84a', '#c3c9d1', '#9bd0ff', '#f0917f'];
const POLICY_DASHES = ['none', '7 3', '2 2.5', '9 3 2 3', '4 4', '12 3', '1 4', '6 2 1 2 1 2'];

const TARGET_HUES = [250, 55, 160, 345, 95, 300, 205, 25];
const SHADES_LIGHT = [0.66, 0.8, 0.56, 0.88];
const SHADES_DARK = [0.62, 0.5, 0.74, 0.4];

/** Fill of a target's state; also differs in lightness, so that it survives grey printing. */
const STATES: Readonly<Record<TargetState, readonly [light: string, dark: string]>> = {
  healthy: ['#cfe3da', '#24443a'],
  degraded: ['#f0b429', '#d39a1d'],
  unhealthy: ['#c8371b', '#e8573a'],
  cooldown: ['#5b3a8c', '#a58ae0'],
  probing: ['#4f9bd9', '#5aa9e8'],
  disabled: ['#8b9097', '#6c727a'],
};

const SURFACES: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  ink: ['#1b1f24', '#e9ecf0'],
  muted: ['#59616b', '#a6aeb8'],
  grid: ['#dfe3e8', '#343b44'],
  ground: ['#f5f6f8', '#0f1317'],
  card: ['#ffffff', '#181d23'],
  edge: ['#d8dde3', '#323a43'],
  accent: ['#0069a8', '#58aeea'],
  fault: ['#fbe3dc', '#43251d'],
  'fault-ink': ['#98300f', '#ffab91'],
  better: ['#00734f', '#4fd0a2'],
  worse: ['#b23a10', '#ff9a70'],
  unclear: ['#6b727b', '#9aa2ac'],
  failed: ['#c8371b', '#f0735a'],
  limited: ['#e3a11a', '#e3b341'],
  rejected: ['#1b1f24', '#ffffff'],
  'target-other': ['#b9bfc7', '#5a626c'],
  load: ['#9db4c8', '#56697a'],
};

/** Five steps of a budget's use and four of the number of attempts, light to strong. */
const STEPS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  'use-0': ['#e8eef3', '#222a32'],
  'use-1': ['#b5d0e6', '#2f4d67'],
  'use-2': ['#6aa3d0', '#3f7db0'],
  'use-3': ['#e0932a', '#e0932a'],
  'use-4': ['#b3260b', '#ff6b4a'],
  'attempts-0': ['#8b9097', '#7d858e'],
  'attempts-2': ['#a9c8e3', '#39597a'],
  'attempts-3': ['#5f97c9', '#5b93c8'],
  'attempts-4': ['#1f5488', '#b4d6f5'],
};

/** Values of all roles in the light theme; the PNGs use it too. */
export const LIGHT_THEME: Theme = theme(0, POLICY_LIGHT, SHADES_LIGHT, 0.105);
/** Values of all roles in the dark theme. */
export const DARK_THEME: Theme = theme(1, POLICY_DARK, SHADES_DARK, 0.1);

export const INK: Paint = 'var(--ink)';
export const MUTED: Paint = 'var(--muted)';
export const GRID: Paint = 'var(--grid)';
export const CARD: Paint = 'var(--card)';

/** A role without a number, e.g. `fault`, `failed`, `use-3`. */
export function rolePaint(role: string): Paint {
  return `var(--${role})`;
}

/** Colour of the policy at this position of `Comparison.policies`; repeats after 8. */
export function policyPaint(index: number): Paint {
  return `var(--policy-${index % POLICY_LIGHT.length})`;
}

/** Dash pattern of the policy's lines, so that colour is not the only difference. */
export function policyDash(index: number): string {
  return POLICY_DASHES[index % POLICY_DASHES.length] ?? 'none';
}

export function statePaint(state: TargetState): Paint {
  return `var(--state-${state})`;
}

/** A colour for each target id: one hue a provider, shades of it for the provider's keys and models. */
export function targetPaints(targets: readonly string[]): ReadonlyMap<string, Paint> {
  const seen = new Map<string, number>();
  const paints = new Map<string, Paint>();
  for (const target of [...new Set(targets)].sort()) {
    const provider = target.split('.', 1)[0] ?? target;
    const shade = seen.get(provider) ?? 0;
    seen.set(provider, shade + 1);
    const hue = [...seen.keys()].indexOf(provider) % TARGET_HUES.length;
    paints.set(target, `var(--target-${hue}-${shade % SHADES_LIGHT.length})`);
  }
  return paints;
}

/** `svg` with every role replaced by its value, for a renderer that knows no CSS variables. */
export function resolvePaints(svg: string, values: Theme): string {
  return svg
    .replace(/var\(--([a-z0-9-]+)\)/g, (_whole, role: string) => values[role] ?? '#000000')
    .replaceAll('currentColor', values['ink'] ?? '#000000');
}

/** CSS declarations `--role: value;` of a theme. */
export function themeDeclarations(values: Theme): string {
  return Object.entries(values)
    .map(([role, value]) => `--${role}:${value};`)
    .join('');
}

function theme(side: 0 | 1, policies: readonly string[], shades: readonly number[], chroma: number): Theme {
  const values: Record<string, string> = {};
  for (const [role, pair] of Object.entries({ ...SURFACES, ...STEPS })) values[role] = pair[side];
  for (const [state, pair] of Object.entries(STATES)) values[`state-${state}`] = pair[side];
  policies.forEach((value, index) => (values[`policy-${index}`] = value));
  TARGET_HUES.forEach((hue, hueIndex) =>
    shades.forEach((lightness, shade) => (values[`target-${hueIndex}-${shade}`] = oklchToHex(lightness, chroma, hue))),
  );
  return values;
}
