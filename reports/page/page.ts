/** The report as one HTML file that needs nothing else: no network, no script. */
import type { Part, Report, Section } from '../report-model.ts';
import type { Summary } from '../summary/summary.ts';
import { chartFigure } from './chart-figure.ts';
import { escapeMarkup, escapeProse } from './escape.ts';
import { htmlTable } from './html-table.ts';
import { STYLE } from './style.ts';

/** Forbids the page every request and script, so that "self-contained" is enforced by the browser too. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** The whole page; the same report gives the same bytes. */
export function htmlPage(report: Report): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escapeMarkup(report.title)} · Token Pool</title>
<style>
${STYLE}
</style>
</head>
<body>
<header>
<p class="eyebrow">Token Pool · ${escapeMarkup(report.eyebrow)}</p>
<h1>${escapeMarkup(report.title)}</h1>
<p class="subtitle">${escapeMarkup(report.subtitle)}</p>
${summaryBlock(report.summary)}
<nav aria-label="Sections">${report.sections.map((section) => `<a href="#${section.id}">${escapeMarkup(section.title)}</a>`).join('\n')}</nav>
</header>
<main>
${report.sections.map(sectionBlock).join('\n')}
</main>
<footer>${escapeMarkup(report.footer)}</footer>
</body>
</html>
`;
}

function summaryBlock(summary: Summary): string {
  const answers = summary.answers.map(
    (answer) =>
      `<li><h2>${escapeMarkup(answer.question)}</h2><p class="answer">${escapeMarkup(answer.answer)}</p>${answer.evidence.map((line) => `<p>${escapeProse(line)}</p>`).join('')}</li>`,
  );
  return `<p class="verdict">${escapeMarkup(summary.headline)}</p>
<ul class="answers">
${answers.join('\n')}
</ul>${summary.cautions.length === 0 ? '' : `\n<ul class="cautions" aria-label="Be careful">${listItems(summary.cautions)}</ul>`}`;
}

function sectionBlock(section: Section): string {
  const intro = section.intro === '' ? '' : `\n<p class="intro">${escapeMarkup(section.intro)}</p>`;
  return `<section id="${section.id}" aria-labelledby="${section.id}-title">
<h2 id="${section.id}-title">${escapeMarkup(section.title)}</h2>${intro}
${section.parts.map(partBlock).join('\n')}
</section>`;
}

function partBlock(part: Part): string {
  switch (part.kind) {
    case 'charts':
      return chartsBlock(
        part.charts.map((chart) => ({
          html: chartFigure(chart),
          small: chart.panels.length === 1 && (chart.panels[0]?.width ?? 0) <= HALF_PAGE,
        })),
      );
    case 'table':
      return htmlTable(part.table);
    case 'command':
      return `<pre><code>${escapeMarkup(part.command)}</code></pre>`;
    case 'notes':
      return `<dl class="card">${part.notes.map((note) => `<dt>${escapeMarkup(note.term)}</dt><dd>${escapeMarkup(note.text)}</dd>`).join('\n')}</dl>`;
    case 'list':
      return `<ul class="card limits">${listItems(part.items)}</ul>`;
    default:
      return part satisfies never;
  }
}

/** Charts up to this width stand two in a row where several follow each other. */
const HALF_PAGE = 520;

function chartsBlock(figures: readonly { readonly html: string; readonly small: boolean }[]): string {
  if (figures.length > 1 && figures.every((figure) => figure.small)) {
    return `<div class="pair">\n${figures.map((figure) => figure.html).join('\n')}\n</div>`;
  }
  return figures.map((figure) => figure.html).join('\n');
}

function listItems(items: readonly string[]): string {
  return items.map((item) => `<li>${escapeMarkup(item)}</li>`).join('\n');
}
