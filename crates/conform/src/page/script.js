"use strict";
{
  const sort = document.getElementById("sort");
  const body = document.querySelector("#all tbody");
  const orders = [
    ["by points", (a, b) => b.dataset.points - a.dataset.points],
    ["by name", (a, b) => a.dataset.name.localeCompare(b.dataset.name, undefined, { numeric: true })],
  ];
  if (body) sort.append("Sort ");
  if (body) for (const [name, order] of orders) {
    const button = document.createElement("button");
    button.textContent = name;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      for (const other of sort.children) other.setAttribute("aria-pressed", String(other === button));
      body.append(...[...body.rows].sort(order));
    });
    sort.append(button);
  }
  // Browsers that do not open what is around the target of a link.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const around = target && target.closest("details");
    if (around) around.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();
  // What is opened lies over the lower part of the window: its cell goes to the upper.
  document.addEventListener("toggle", (event) => {
    const cell = event.target.open && event.target.closest("td");
    if (cell) cell.scrollIntoView({ block: "start", inline: "nearest" });
  }, true);
  addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.querySelector("td details[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });
}
