/** The page's look: no font or picture from elsewhere, light and dark by the reader's own setting. */
export const STYLE = `
:root { color-scheme: light dark;
  --text: light-dark(#1c2128, #e6e9ee); --dim: light-dark(#5b6470, #9aa4b2); --line: light-dark(#dde1e6, #2c333d);
  --page: light-dark(#ffffff, #12151a); --well: light-dark(#f5f6f8, #1a1e25); --link: light-dark(#0b5bd3, #7db1ff);
  --good: light-dark(#1a7f37, #57c776); --bad: light-dark(#c0272d, #ff7b72); --busy: light-dark(#9a6700, #e3b341); }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 68rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 1.35rem; margin: 0 0 .25rem } h2 { font-size: 1rem; margin: 2rem 0 .5rem }
a { color: var(--link) } .dim { color: var(--dim) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1rem 0 }
dt { color: var(--dim) } dd { margin: 0 }
.succeeded, .done { color: var(--good) } .failed, .error { color: var(--bad) }
.running, .waiting, .created { color: var(--busy) } .canceled, .cached { color: var(--dim) }
ol { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--line) }
li { border-bottom: 1px solid var(--line) }
summary, .row { display: flex; gap: .75rem; padding: .4rem .25rem; align-items: baseline }
summary { cursor: pointer } summary::before { content: "▸"; color: var(--dim) }
details[open] > summary::before { content: "▾" } .row::before { content: "▸"; visibility: hidden }
.name { flex: 1; overflow-wrap: anywhere; font-family: ui-monospace, monospace; font-size: 13px }
.state, .time { white-space: nowrap; font-variant-numeric: tabular-nums; font-size: 13px }
.time { min-width: 4.5rem; text-align: right; color: var(--dim) }
pre { margin: 0 0 .75rem; padding: .75rem; background: var(--well); border-radius: 4px; overflow-x: auto;
  max-height: 40rem; font: 12.5px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere }
.note { margin: 0 0 .75rem; font-size: 13px; color: var(--dim) }
`;
