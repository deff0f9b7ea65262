import { escapeMarkup } from '../../reports/page/escape.ts';
import { STYLE } from '../../reports/page/style.ts';
import { NOTEBOOKS, type NotebookName } from '../catalogue.ts';

/** The page that leads to the others: each with its question. */
export function indexPage(names: readonly NotebookName[]): string {
  const items = NOTEBOOKS.filter(({ name }) => names.includes(name)).map(
    ({ name, title, question }) =>
      `<li><h2><a href="./${name}.html">${escapeMarkup(title)}</a></h2><p>${escapeMarkup(question)}</p></li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Notebooks · Token Pool</title>
<style>${STYLE}</style>
</head>
<body>
<header><p class="eyebrow">Token Pool</p><h1>Notebooks</h1></header>
<main><ul class="answers">
${items.join('\n')}
</ul></main>
</body>
</html>
`;
}
