/** The page's only style, readable in light and dark, on paper and on a narrow screen. No attribute has styles. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2128; --soft: #59636e; --page: #fff; --line: #d1d9e0; --panel: #f6f8fa;
  --good: #1a7f37; --warn: #9a6700; --bad: #d1242f; --bar: #0969da; --rest: #afb8c1; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --page: #0d1117; --line: #3d444d;
  --panel: #151b23; --good: #3fb950; --warn: #d29922; --bad: #f85149; --bar: #4493f8; --rest: #57606a; } }
body { margin: 0 auto; max-width: 75rem; padding: 1rem; color: var(--ink); background: var(--page);
  font: 15px/1.5 system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
code, td.value, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .85em; overflow-wrap: anywhere; }
.verdict { padding: .6rem 1rem; border-left: .4rem solid var(--good); background: var(--panel); }
.verdict.bad { border-color: var(--bad); }
.expected { color: var(--soft); } .changed { color: var(--warn); } .broken { color: var(--bad); font-weight: 600; }
.soft { color: var(--soft); } tr.target td { background: var(--panel); }
svg { width: 100%; height: 3.2rem; } svg .stage { fill: var(--bar); } svg .stage.odd { fill: var(--soft); }
svg .frozen { fill: var(--rest); }
`;
