/** The page's style sheet: light and dark, wide and narrow, screen and paper. */
import { DARK_THEME, LIGHT_THEME, themeDeclarations } from '../palette.ts';

export const STYLE = `:root{color-scheme:light dark;${themeDeclarations(LIGHT_THEME)}}
@media screen and (prefers-color-scheme:dark){:root{${themeDeclarations(DARK_THEME)}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
main,header,footer{max-width:1156px;margin:0 auto;padding:0 20px}
header{padding-top:40px}
.eyebrow{margin:0;color:var(--muted);font-size:.875rem;letter-spacing:.04em;text-transform:uppercase}
h1{margin:4px 0 6px;font-size:2rem;line-height:1.2;overflow-wrap:anywhere}
.subtitle{margin:0;color:var(--muted);overflow-wrap:anywhere}
.verdict{margin:24px 0 16px;padding:18px 22px;background:var(--card);border:1px solid var(--edge);border-left:6px solid var(--accent);border-radius:8px;font-size:1.25rem;line-height:1.45;font-weight:600;overflow-wrap:anywhere}
.answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,280px),1fr));gap:16px;margin:0;padding:0;list-style:none}
.answers li,.card{background:var(--card);border:1px solid var(--edge);border-radius:8px;padding:18px 22px;overflow-wrap:anywhere}
.answers h2{margin:0;color:var(--muted);font-size:.875rem;font-weight:600}
.answers .answer{margin:2px 0 8px;font-size:1.25rem;font-weight:650}
.answers p{margin:0 0 6px;font-size:.9rem}
.cautions{margin:16px 0 0;padding:12px 22px 12px 40px;background:var(--card);border:1px solid var(--edge);border-radius:8px}
.cautions li{margin:4px 0}
nav{margin:20px 0 0;font-size:.9rem}
nav a{color:var(--accent);margin-right:18px;display:inline-block;max-width:100%}
section{margin:44px 0 0;scroll-margin-top:12px}
section>h2{margin:0;font-size:1.4rem}
.intro{margin:2px 0 14px;color:var(--muted)}
.card{margin:0 0 18px}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:18px;align-items:start}
.pair .card{margin:0;height:100%}
figure{margin:0}
figure h3{margin:0;font-size:1.08rem;line-height:1.35;overflow-wrap:anywhere}
figcaption p{margin:4px 0 10px;color:var(--muted);font-size:.9rem}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:0 0 12px;padding:0;list-style:none;font-size:.82rem}
.legend svg,th svg{width:22px;height:12px;margin-right:6px;vertical-align:-1px;flex:none}
th svg{width:12px}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,var(--least)),1fr));gap:18px 24px}
.panel{min-width:0}
.panel svg{display:block;width:100%;height:auto}
.panels.narrow{display:none}
.empty{color:var(--muted);font-style:italic;margin:0}
.scroll{overflow-x:auto;margin:0 0 18px;background:var(--card);border:1px solid var(--edge);border-radius:8px}
.scroll:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
table{width:100%;border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
caption{padding:12px 16px 8px;text-align:left;font-weight:600}
th,td{padding:7px 16px;text-align:left;border-top:1px solid var(--edge);white-space:nowrap;vertical-align:top}
thead th{color:var(--muted);font-weight:600;border-top:0;white-space:normal;vertical-align:bottom}
tbody th{font-weight:600}
.right{text-align:right}
.plain td{white-space:normal;overflow-wrap:anywhere}
.wraps td{white-space:normal}
pre{margin:0 0 18px;padding:14px 18px;background:var(--card);border:1px solid var(--edge);border-radius:8px;white-space:pre-wrap;overflow-wrap:anywhere;font:.88rem/1.5 ui-monospace,"DejaVu Sans Mono",monospace}
dl{margin:0;display:grid;grid-template-columns:minmax(8em,max-content) 1fr;gap:8px 24px}
dt{font-weight:600}
dd{margin:0}
footer{margin-top:48px;padding-bottom:40px;color:var(--muted);font-size:.85rem}
@media (max-width:700px){
main,header,footer{padding-left:12px;padding-right:12px}
header{padding-top:20px}
h1{font-size:1.5rem}
.verdict,.answers .answer{font-size:1.1rem}
.card,.answers li,.verdict{padding:14px}
.panels.has-narrow{display:none}
.panels.narrow{display:grid}
dl{grid-template-columns:1fr;gap:0}
dd{margin:0 0 10px}
th,td{padding:6px 10px}
}
@media print{
body{background:#fff;font-size:11pt}
main,header,footer{max-width:none;padding:0}
nav{display:none}
.card,.answers li,.verdict,tr{break-inside:avoid}
h2,h3,caption{break-after:avoid}
.scroll{overflow:visible}
th,td{white-space:normal}
}`;
