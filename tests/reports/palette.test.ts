import { describe, expect, it } from 'vitest';
import { contrastRatio, oklchToHex } from '../../reports/oklab.ts';
import {
  DARK_THEME,
  LIGHT_THEME,
  policyPaint,
  resolvePaints,
  statePaint,
  targetPaints,
  themeDeclarations,
  type Theme,
} from '../../reports/palette.ts';
import { TARGET_STATES } from '../../src/router/contract.ts';

const THEMES: readonly (readonly [string, Theme])[] = [
  ['light', LIGHT_THEME],
  ['dark', DARK_THEME],
];

describe('OKLCH', () => {
  // The OKLCH coordinates of sRGB's corners in CSS Color Module Level 4.
  it.each([
    [1, 0, 0, '#ffffff'],
    [0, 0, 0, '#000000'],
    [0.627955, 0.257683, 29.2339, '#ff0000'],
    [0.86644, 0.294827, 142.4953, '#00ff00'],
    [0.452014, 0.313214, 264.052, '#0000ff'],
  ])('%s %s %s is %s', (lightness, chroma, hue, hex) => {
    expect(oklchToHex(lightness, chroma, hue)).toBe(hex);
  });

  it('has the contrast of WCAG: 21 between black and white, 4.48 for #777 on white', () => {
    expect(contrastRatio('#000000', '#ffffff')).toBeCloseTo(21, 10);
    expect(contrastRatio('#777777', '#ffffff')).toBeCloseTo(4.478, 3);
  });
});

describe.each(THEMES)('the %s theme', (_name, theme) => {
  const on = (role: string, ground: string): number => contrastRatio(theme[role] ?? '', theme[ground] ?? '');

  it('has text that is easy to read', () => {
    expect(on('ink', 'card')).toBeGreaterThan(10);
    for (const role of ['muted', 'better', 'worse', 'unclear', 'accent']) expect(on(role, 'card')).toBeGreaterThan(4.5);
    expect(on('fault-ink', 'card')).toBeGreaterThan(4.5);
    expect(on('ink', 'fault')).toBeGreaterThan(7);
  });

  it('has lines of policies that stand out from the ground and from each other', () => {
    const policies = Array.from({ length: 8 }, (_unused, index) => `policy-${index}`);
    for (const role of policies) expect(on(role, 'card')).toBeGreaterThan(3);
    expect(new Set(policies.map((role) => theme[role])).size).toBe(8);
  });

  it('has a colour for every state, all different', () => {
    const colours = TARGET_STATES.map((state) => theme[`state-${state}`]);
    expect(colours.every((colour) => /^#[0-9a-f]{6}$/.test(colour ?? ''))).toBe(true);
    expect(new Set(colours).size).toBe(TARGET_STATES.length);
  });
});

describe('roles', () => {
  it('are the same in both themes, so no chart loses a colour in the dark', () => {
    expect(Object.keys(DARK_THEME)).toEqual(Object.keys(LIGHT_THEME));
    expect(themeDeclarations(LIGHT_THEME)).toContain('--ink:#');
  });

  it('give each target of a pool its own colour, whatever the order and the rest of the pool', () => {
    const targets = ['b.k.x', 'a.k.y', 'a.k.x', 'c.k.x', 'b.k.y', 'd.k.1', 'd.k.2', 'd.k.3', 'd.k.4'];
    const paints = targetPaints(targets);
    expect(new Set(paints.values()).size).toBe(targets.length);
    expect(targetPaints([...targets].reverse())).toEqual(paints);
  });

  it('turn into colours that a plain SVG renderer knows', () => {
    const svg = `<g fill="${policyPaint(9)}" stroke="${statePaint('cooldown')}" color="currentColor"/>`;
    const resolved = resolvePaints(svg, LIGHT_THEME);
    expect(resolved).not.toMatch(/var\(|currentColor/);
    expect(resolved).toContain(LIGHT_THEME['policy-1'] ?? 'missing');
  });
});
