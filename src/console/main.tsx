/** The web console: started by the page that the proxy serves at `/console`. */
// Before the schemas are made.
// oxlint-disable-next-line import/no-unassigned-import
import './zod-without-eval.ts';
import { render } from 'preact';
import { App } from './app.tsx';
import { installTheme } from './theme.ts';

const place = document.getElementById('console');
if (place === null) throw new Error('the page has no place for the console');
installTheme();
render(<App />, place);
