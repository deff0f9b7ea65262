/** How Vite is asked to build a page. */
import { dirname, join } from 'node:path';
import type { InlineConfig, PluginOption } from 'vite';
import { STYLE } from '../../reports/page/style.ts';
import { PROJECT_ROOT } from './notebook-kit.ts';

const BUILD_FOLDER = join(PROJECT_ROOT, 'notebooks', 'build');
/** Large enough for everything: a page is one file. */
const INLINE_BYTES = 1 << 30;

/** The page around the cells. */
export const PAGE_TEMPLATE = join(BUILD_FOLDER, 'page.html');

/** The template with the reports' style sheet, and so their colours. */
export function inOurStyle(template: string): string {
  return template.replace('</head>', () => `<style>${STYLE}</style></head>`);
}

/**
 * @param path the notebook's file
 * @param kitSources folder of Notebook Kit's modules
 */
export function pageSettings(path: string, kitSources: string, plugins: PluginOption[]): InlineConfig {
  return {
    root: dirname(path),
    base: './',
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'silent',
    plugins,
    resolve: {
      alias: [
        { find: /^observable:styles\/theme-[\w-]+\.css$/, replacement: join(BUILD_FOLDER, 'theme.css') },
        { find: /^observable:styles\/(.*)$/, replacement: join(kitSources, 'styles', '$1') },
        { find: /^token-pool:page\.css$/, replacement: join(BUILD_FOLDER, 'page.css') },
      ],
    },
    build: {
      write: false,
      target: 'es2023',
      modulePreload: false,
      assetsInlineLimit: INLINE_BYTES,
      cssCodeSplit: false,
      reportCompressedSize: false,
      chunkSizeWarningLimit: INLINE_BYTES,
      rolldownOptions: { input: path, output: { codeSplitting: false } },
    },
  };
}
