"""The look of a report: light and dark, screen and paper."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--page:#f6f7f9;--card:#fff;
--rule:#dde2e8;--accent:#3556d8;--warn:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e8ecf2;--soft:#9aa6b5;--page:#12161c;
--card:#1a2029;--rule:#2d3643;--accent:#8ea6ff;--warn:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,"Pretendard","Noto Sans KR","Apple SD Gothic Neo",sans-serif}
main{max-width:880px;margin:0 auto;padding:8px 16px 48px}
input[name=language]{position:absolute;opacity:0}
nav{display:flex;gap:4px;justify-content:flex-end;max-width:880px;margin:0 auto;padding:12px 16px 0}
nav label{padding:4px 12px;border:1px solid var(--rule);border-radius:8px;cursor:pointer}
#en:checked~nav [for=en],#ko:checked~nav [for=ko]{border-color:var(--accent);color:var(--accent);
font-weight:600}
#en:focus-visible~nav [for=en],#ko:focus-visible~nav [for=ko]{outline:2px solid var(--accent)}
#en:checked~* [lang=ko],#ko:checked~* [lang=en]{display:none}
h1{font-size:24px;margin:8px 0 0;overflow-wrap:anywhere}
h2{font-size:17px;margin:0 0 12px}
section{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:16px;
margin:16px 0}
.soft,footer{color:var(--soft)}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(136px,1fr));gap:12px;margin:0}
.figures dt{color:var(--soft);font-size:13px}
.figures dd{margin:0;font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}
small{font-weight:400;color:var(--soft)}
figure{margin:0 0 20px}
figcaption{font-weight:600;margin-bottom:4px}
svg{width:100%;height:auto;display:block}
svg text{font:11px system-ui,sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
.grid{stroke:var(--rule)}
.band{fill:var(--warn);opacity:.16}
.line{fill:none;stroke-width:1.4;stroke-linejoin:round}
line.threshold{stroke:var(--warn);stroke-dasharray:5 4}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;margin:4px 0 0;padding:0;
font-size:13px;color:var(--soft)}
.legend i{display:inline-block;width:16px;height:3px;margin-right:6px;vertical-align:middle}
i.threshold{background:repeating-linear-gradient(90deg,var(--warn) 0 5px,transparent 5px 9px)}
path.score{stroke:var(--accent);stroke-width:2}i.score{background:var(--accent)}
path.sharp{stroke:#2a9d8f}i.sharp{background:#2a9d8f}
path.bright{stroke:#c9a227}i.bright{background:#c9a227}
path.noise{stroke:#9b6bd3}i.noise{background:#9b6bd3}
path.risk{stroke:var(--warn);stroke-width:2}i.risk{background:var(--warn)}
path.anger{stroke:#d1495b}i.anger{background:#d1495b}
path.disgust{stroke:#6a994e}i.disgust{background:#6a994e}
path.fear{stroke:#7b5ea7}i.fear{background:#7b5ea7}
path.happiness{stroke:#e0a100}i.happiness{background:#e0a100}
path.sadness{stroke:#3d7dca}i.sadness{background:#3d7dca}
path.surprise{stroke:#e07a3f}i.surprise{background:#e07a3f}
path.neutral{stroke:#8a94a1}i.neutral{background:#8a94a1}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:6px 12px 6px 0;border-bottom:1px solid var(--rule)}
th{color:var(--soft);font-weight:500;font-size:13px}
.wide table{min-width:560px}.wide .facts{min-width:0}
.facts th{width:220px}
td img{display:block;width:160px;height:auto;border-radius:4px}
code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}
.bar{width:60%}.bar i{display:block;height:10px;border-radius:5px;margin-top:6px}
@media print{nav{display:none}section{break-inside:avoid}body{background:#fff}}
"""
