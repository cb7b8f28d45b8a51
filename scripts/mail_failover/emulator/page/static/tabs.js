// Tabs, as the ARIA Authoring Practices describe them: arrow keys, Home and End move and choose.

/**
 * Let a tab list work. A panel gets the event "shown" when it comes up; the choice stays in the page's address.
 * @param {HTMLElement} list
 * @returns {(id: string) => void} marks the tab of a panel that has something new, unless it is up
 */
export function tabs(list) {
  const all = [...list.querySelectorAll("[role=tab]")];
  const open = all.filter((tab) => !tab.hidden);
  const panel = (tab) => document.getElementById(tab.getAttribute("aria-controls"));

  function choose(tab) {
    for (const each of all) {
      const chosen = each === tab;
      each.setAttribute("aria-selected", chosen);
      each.tabIndex = chosen ? 0 : -1;
      panel(each).hidden = !chosen;
    }
    delete tab.dataset.news;
    panel(tab).dispatchEvent(new CustomEvent("shown"));
  }

  function pick(tab) {
    choose(tab);
    history.replaceState(null, "", `#${panel(tab).id}`);
  }

  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) pick(tab);
  });
  list.addEventListener("keydown", (event) => {
    const place = open.indexOf(event.target.closest("[role=tab]"));
    const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: -1 }[event.key];
    if (place < 0 || to === undefined) return;
    event.preventDefault();
    const tab = open.at(to % open.length);
    tab.focus();
    pick(tab);
  });

  const named = (id) => open.find((tab) => panel(tab).id === id);
  choose(named(location.hash.slice(1)) ?? open[0]);
  return (id) => {
    const tab = named(id);
    if (tab && panel(tab).hidden) tab.dataset.news = "";
  };
}
