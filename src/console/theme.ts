/** Light and dark: the colours of the reports, as custom properties of a style sheet of this page's own. */
import { DARK_THEME, LIGHT_THEME, themeDeclarations } from '../../reports/palette.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
/** `system`: as the viewer's system has it. */
export type ThemeChoice = (typeof THEMES)[number];

const STORED_AS = 'token-pool-console-theme';

/** Once, before anything is drawn. */
export function installTheme(): void {
  const [light, dark] = [themeDeclarations(LIGHT_THEME), themeDeclarations(DARK_THEME)];
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    [
      `:root{color-scheme:light;${light}}`,
      `@media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;${dark}}}`,
      `:root[data-theme=dark]{color-scheme:dark;${dark}}`,
    ].join(''),
  );
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  showTheme(storedTheme());
}

export function storedTheme(): ThemeChoice {
  try {
    const stored = localStorage.getItem(STORED_AS);
    return THEMES.find((each) => each === stored) ?? 'system';
  } catch {
    // Storage may be forbidden.
    return 'system';
  }
}

/** Shows it, and remembers it in this browser. */
export function chooseTheme(choice: ThemeChoice): void {
  showTheme(choice);
  try {
    localStorage.setItem(STORED_AS, choice);
  } catch {
    // Then it holds until the page is left.
  }
}

function showTheme(choice: ThemeChoice): void {
  if (choice === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = choice;
}
