// Shows what the address names: #<variant>--<scenario> for a cell, #<variant> for all of a variant, or .../<id in it>.
(() => {
  'use strict';
  const page = document.getElementById('page');
  const start = [...page.children];
  let shown = null;

  const entitle = (text) => {
    document.title = text;
    return text;
  };

  const say = (id, name) => {
    page.replaceChildren(...start);
    for (const text of page.querySelectorAll('main > p[id]')) {
      text.hidden = text.id !== id;
      if (!text.hidden) page.querySelector('h1').textContent = entitle(text.dataset.title);
    }
    page.querySelector('#missing code').textContent = name;
  };

  const unpacked = async (block) => {
    const bytes = Uint8Array.from(atob(block.textContent), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    return JSON.parse(await new Response(stream).text());
  };

  // Text of models and gateways was escaped when the report was made; scripts in what is put in here would not
  // run either, and the page's policy allows none but this one.
  const put = (cell, { lines, pages }) => {
    const holder = document.createElement('template');
    holder.innerHTML = pages[cell].map((number) => lines[number]).join('\n');
    for (const link of holder.content.querySelectorAll('a[href^="#"]')) {
      link.setAttribute('href', `#${cell}/${link.getAttribute('href').slice(1)}`);
    }
    page.replaceChildren(holder.content);
    entitle(`Evidence: ${page.querySelector('h1').textContent}`);
  };

  const focusOn = (target) => {
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  };

  const moveTo = (id) => {
    const target = document.getElementById(id);
    if (!target) return;
    focusOn(target);
    target.scrollIntoView();
  };

  const show = async (event) => {
    const [cell, part] = location.hash.slice(1).split('/');
    const same = cell === shown;
    shown = cell;
    if (!same) {
      const blocks = [...document.querySelectorAll('script[data-cells]')];
      const block = blocks.find((one) => one.dataset.cells.split(' ').includes(cell));
      try {
        const group = block && (await unpacked(block));
        if (shown !== cell) return; // another one was asked for in the meantime
        if (group) put(cell, group);
        else say(cell ? 'missing' : 'pick', cell);
      } catch {
        if (shown === cell) say('damaged', cell);
      }
      if (event && !part) {
        focusOn(page.querySelector('h1')); // as if a page had been opened, of which the heading is read out
        scrollTo(0, 0);
      }
    }
    if (part) moveTo(part);
  };

  document.getElementById('without').hidden = true;
  for (const list of document.querySelectorAll('#variants')) list.hidden = false;
  document.querySelector('.skip').addEventListener('click', (event) => {
    event.preventDefault();
    moveTo('main');
  });
  addEventListener('hashchange', show);
  addEventListener('DOMContentLoaded', () => show());
})();
