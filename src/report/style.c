/* SPDX-License-Identifier: Apache-2.0 */
/* One style sheet for screen, dark screen and paper. Nothing is fetched. */
#include "report/style.h"

static const char *const rules[] = {
    ":root{--page:#f5f6f8;--card:#fff;--ink:#1d2530;--soft:#596575;--faint:#8892a0;--line:#e4e8ed;--track:#"
    "eceff3;--blue:#3157c8;--pale:#c6d2f4;",
    "--good:#1f7a55;--warn:#9a6208;--bad:#b8342a;--good-bg:#e6f4ed;--warn-bg:#faf0dc;--bad-bg:#fae7e5;",
    /* Of attacks. With or without a colour blindness any two differ by 24 of CIE 1976 or more, and so they do
     * from the pale of a sample that stands; dark ones below likewise. */
    "--c0:#f89b01;--c1:#2aa6ff;--c2:#63ad8d;--c3:#975d9d;--c4:#a32d00;--c5:#454c47;--c6:#3342b9;--c7:#"
    "b5ae5a}",
    "@media(prefers-color-scheme:dark){:root{--page:#12161c;--card:#1a2028;--ink:#e6eaf0;--soft:#a3aebb;--"
    "faint:#78838f;--line:#2b333e;--track:#262e38;",
    "--blue:#86a4ff;--pale:#35467c;--good:#62c99e;--warn:#e2ad57;--bad:#f0827a;--good-bg:#17302a;--warn-bg:#"
    "352b18;--bad-bg:#3a2122;",
    "--c0:#ffaa05;--c1:#5dcfff;--c2:#10a066;--c3:#ffbecc;--c4:#ba6511;--c5:#7e869c;--c6:#7590f9;--c7:#c2e173}"
    "}",
    "*{box-sizing:border-box}html{color-scheme:light "
    "dark}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe "
    "UI',",
    "Roboto,'Helvetica "
    "Neue',sans-serif;font-variant-numeric:tabular-nums;-webkit-font-smoothing:antialiased}",
    "main{max-width:1060px;margin:0 auto;padding:40px 24px "
    "60px}h1{font-size:27px;line-height:1.2;letter-spacing:-.015em;margin:0 0 6px;overflow-wrap:anywhere}",
    "h2{font-size:17px;margin:0 0 4px}.sub{color:var(--soft);margin:0 0 "
    "20px}.note{color:var(--soft);font-size:13.5px;margin:0 0 16px;max-width:82ch}",
    "section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:22px "
    "26px;margin:0 0 18px}",
    ".verdict{border-left:5px solid var(--good);display:flex;flex-wrap:wrap;gap:20px "
    "44px}.verdict.warned{border-left-color:var(--warn)}",
    ".verdict.bad{border-left-color:var(--bad)}.verdict "
    "p{flex-basis:100%;margin:0;padding-top:16px;border-top:1px solid var(--line);font-size:15.5px}",
    ".figure span{display:block;font-size:13px;color:var(--soft)}.figure "
    "b{display:block;font-size:38px;line-height:1.15;font-weight:650;letter-spacing:-.02em}",
    ".figure b i{font-style:normal;font-size:20px;font-weight:500;color:var(--soft);letter-spacing:0}.figure "
    "small{font-size:13px;color:var(--faint)}",
    ".untrusted b{color:var(--faint);text-decoration:line-through;text-decoration-thickness:2px}",
    "table{border-collapse:collapse;width:100%;font-size:14px}th{color:var(--faint);font-weight:500;font-"
    "size:12.5px;text-align:right;padding:0 0 7px 16px;white-space:nowrap}",
    "td{border-top:1px solid var(--line);padding:9px 0 9px "
    "16px;text-align:right;vertical-align:top;white-space:nowrap}",
    "th:first-child,td:first-child{text-align:left;padding-left:0}td.text,th.text{text-align:left;white-"
    "space:normal}",
    "td small{color:var(--faint);display:block;font-size:12.5px;line-height:1.4}td "
    "b{font-weight:600}tr.total td{border-top-width:2px}.wide{overflow-x:auto}.wide "
    "td.text:first-child{min-width:160px}",
    ".swatch{display:inline-block;width:9px;height:9px;border-radius:50%;margin-right:8px;background:var(--m)"
    " var(--c)"
    "}",
    ".bar{display:block;position:relative;height:8px;border-radius:4px;background:var(--track);min-width:"
    "120px;margin:7px 0}",
    ".bar i{position:absolute;left:0;top:0;bottom:0;border-radius:4px;background:var(--blue)}.bar "
    "i.clean{background:var(--pale)}",
    ".bar u{position:absolute;top:-3px;bottom:-3px;min-width:3px;border:solid var(--ink);border-width:0 "
    "1.5px;opacity:.5}",
    ".legend{display:flex;flex-wrap:wrap;gap:4px 22px;margin:12px 0 14px;font-size:13.5px}.legend "
    "small{color:var(--faint);font-size:12.5px}",
    ".cell{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:7px}.cell,.cells "
    "li{background:var(--m,none) var(--c,var(--pale))}",
    ".cell.x,.cells .x{background:none;box-shadow:inset 0 0 0 1px var(--faint)}",
    ".cells{display:grid;grid-template-columns:repeat(100,1fr);gap:1px;position:relative;list-style:none;"
    "margin:0;padding:0 16px 0 48px}",
    ".cells li{aspect-ratio:1;border-radius:1px}.cells "
    "[data-row]::before{content:attr(data-row);position:absolute;left:0;width:40px;text-align:right;font-"
    "size:11px;line-height:9px;color:var(--soft)}",
    ".mark{display:inline-block;min-width:70px;text-align:center;padding:1px "
    "9px;border-radius:99px;font-size:12.5px;font-weight:550}",
    ".mark.passed{color:var(--good);background:var(--good-bg)}.mark.warned{color:var(--warn);background:var(-"
    "-warn-bg)}",
    ".mark.blocked{color:#fff;background:#b8342a}.mark.skipped{color:var(--soft);background:var(--track)}",
    ".plot{display:block;width:100%;min-width:760px;height:auto;font:12px system-ui,-apple-system,'Segoe "
    "UI',Roboto,sans-serif}.grid{stroke:var(--line)}.tick{fill:var(--soft)}",
    ".tick.main{fill:var(--ink);font-weight:600}.band{fill:var(--blue);opacity:.14}.curve{fill:none;stroke:"
    "var(--blue);stroke-width:2.4;stroke-linejoin:round}",
    ".drop{fill:var(--c)}.line{fill:none;stroke:var(--c);stroke-dasharray:var(--d);stroke-width:2;stroke-"
    "linejoin:round}.dot{fill:var(-"
    "-card);stroke:var(--blue);stroke-width:2}.attack{fill:var(--c);stroke:var(--card);stroke-"
    "width:1.5}",
    ".budget{stroke:var(--faint);stroke-dasharray:3 4}.gate{stroke:var(--bad);stroke-dasharray:5 4}",
    ".universals{display:flex;flex-wrap:wrap;gap:22px 28px}.universals .shot{width:280px}",
    ".shots{display:grid;grid-template-columns:repeat(auto-fill,minmax(280px,1fr));gap:22px 28px}.shot "
    "div{display:grid;grid-template-columns:repeat(3,1fr);gap:6px}",
    ".shot "
    "img{display:block;width:100%;image-rendering:pixelated;border-radius:5px;background:var(--track)}.shot "
    "p{margin:7px 0 0;font-size:13px;color:var(--soft)}",
    ".shot b{color:var(--ink)}dl{display:grid;grid-template-columns:max-content 1fr;gap:5px 20px;margin:12px "
    "0 0;font-size:13.5px}dt{color:var(--faint)}",
    "dd{margin:0;overflow-wrap:anywhere}code{font:12.5px "
    "ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}",
    "@media(max-width:640px){main{padding:22px 12px}section{padding:18px 16px}.figure "
    "b{font-size:31px}.cells{grid-template-columns:repeat(50,1fr)}}",
    "@media "
    "print{:root{--page:#fff}body{font-size:10.5pt}main{max-width:none;padding:0}section{border-width:1px 0 "
    "0;border-radius:0;padding:14px 0;margin:0}",
    ".verdict{border-left-width:5px;padding-left:16px}tr,.shot,.plot{break-inside:avoid}h2{break-after:avoid}"
    "*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}",
};

/* There are fewer colours than attacks: those of later turns have a mark on them, and their lines dashes. */
static void attack_rules(bwi_buffer *out) {
  enum { N_COLOURS = 8 };
  static const char *const turns[] = {
      "--m:none;--d:none",
      "--m:radial-gradient(circle,var(--card) 32%,transparent 36%);--d:8 4",
      "--m:linear-gradient(var(--card) 50%,transparent 50%);--d:2 3",
      "--m:linear-gradient(90deg,var(--card) 50%,transparent 50%);--d:8 3 2 3",
  };
  for (unsigned k = 0; k < N_COLOURS * sizeof turns / sizeof *turns; k++)
    bwi_buffer_format(out, ".a%u{--c:var(--c%u);%s}\n", k, k % N_COLOURS, turns[k / N_COLOURS]);
}

void bwi_report_style(bwi_buffer *out) {
  bwi_buffer_text(out, "<style>\n");
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) bwi_buffer_format(out, "%s\n", rules[i]);
  attack_rules(out);
  bwi_buffer_text(out, "</style>");
}
