//! The pages' own look: warm, plain, and nothing of the State's.

pub(crate) const SHEET: &str = "
:root { color-scheme: light; --ground: #f5f0e8; --sheet: #fffdf9; --ink: #2c2621; --soft: #5e544a;
  --line: #d9cfc0; --accent: #7a3d1c; --band: #43301f; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, 'DejaVu Sans', sans-serif; }
.band { background: var(--band); color: #fff7ea; padding: .5rem 1.5rem; display: flex;
  flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; }
.band strong { letter-spacing: .02em; }
.band span { font-size: .9rem; }
main { max-width: 64rem; margin: 1.5rem auto; padding: 1.25rem 2rem 1.75rem; background: var(--sheet);
  border: 1px solid var(--line); border-radius: .5rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; }
form + p { margin-top: .75rem; }
h2 { font-size: 1.15rem; margin: 1.5rem 0 .25rem; }
h3 { font-size: 1rem; margin: .9rem 0 .5rem; }
p { margin: 0 0 .75rem; }
.soft { color: var(--soft); font-size: .9rem; }
.note { border-left: .3rem solid var(--accent); background: #fbf1e6; padding: .6rem .9rem; }
.grid { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fill, minmax(18rem, 1fr));
  list-style: none; margin: 0 0 1rem; padding: 0; }
label { display: block; font-weight: 600; margin-bottom: .2rem; }
input, select { display: block; font: inherit; width: 100%; max-width: 22rem; padding: .45rem .6rem; margin-bottom: .8rem;
  border: 1px solid #8b7f70; border-radius: .3rem; background: #fff; color: var(--ink); }
input[type=checkbox] { display: inline-block; width: auto; margin-right: .5rem; }
input[type=checkbox] + label { display: inline; }
button { font: inherit; cursor: pointer; border-radius: .35rem; padding: .55rem 1.1rem; }
button.main { background: var(--accent); color: #fff; border: 1px solid var(--accent); }
button.main:hover { background: #5f2e13; }
button.card { width: 100%; height: 100%; display: flex; flex-direction: column;
  align-items: stretch; text-align: left; padding: .55rem .8rem; background: #fff;
  color: var(--ink); border: 1px solid var(--line); }
button.card:hover { border-color: var(--accent); background: #fbf1e6; }
button.card strong, button.card span { display: block; overflow-wrap: anywhere; }
footer { max-width: 64rem; margin: 0 auto 1.5rem; padding: 0 2rem; font-size: .9rem; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid #1d6a8c; outline-offset: 2px; }
code { font-size: 1.05em; }
";
