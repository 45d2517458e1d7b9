// Pan and zoom: by buttons and keys, by the wheel with Ctrl (as browsers do), by dragging, and by scrolling.
// Boxes open by a click or Enter; the trail above, or Escape, leads back. What a node is, is said below the picture.
const frame = document.getElementById("picture");
const trail = document.getElementById("trail");
const about = document.getElementById("about");
const template = (name) => document.getElementById(`picture-${name}`);
let picture, width, height;
let scale = 1;
let opened = []; // from the whole to what is shown: name, scale and place of the pictures

function show(name) {
  frame.replaceChildren(template(name).content.cloneNode(true));
  picture = frame.querySelector("svg");
  [width, height] = ["width", "height"].map((side) => Number(picture.getAttribute(side)));
  about.textContent = "";
  trail.hidden = opened.length < 2;
  trail.replaceChildren(
    ...opened.flatMap(({ name }, i) => {
      const last = i === opened.length - 1;
      const part = document.createElement(last ? "strong" : "button");
      part.textContent = i ? template(name).dataset.title : "Whole graph";
      if (!last) part.addEventListener("click", () => back(i));
      if (!i) return [part];
      const between = document.createElement("span");
      between.textContent = "›";
      return [between, part];
    }),
  );
}

function open(name) {
  if (opened.length) Object.assign(opened.at(-1), { scale, left: frame.scrollLeft, top: frame.scrollTop });
  opened.push({ name });
  show(name);
  scale = 1;
  zoom(Math.min(1, Math.max(0.75, (frame.clientWidth - 20) / width))); // smaller, nothing could be read
  const inner = opened.length > 1;
  frame.scrollTo(0, inner ? (frame.scrollHeight - frame.clientHeight) / 2 : 0);
  if (inner) frame.focus();
}

function back(to) {
  const from = opened[to + 1].name;
  opened = opened.slice(0, to + 1);
  const was = opened[to];
  show(was.name);
  scale = 1;
  zoom(was.scale);
  frame.scrollTo(was.left, was.top);
  frame.querySelector(`[data-opens="${from}"]`)?.focus({ preventScroll: true });
}

// What lies at x, y of the frame stays there.
function zoom(to, x = frame.clientWidth / 2, y = frame.clientHeight / 2) {
  const before = scale;
  scale = Math.min(8, Math.max(0.02, to));
  const [left, top] = [frame.scrollLeft + x, frame.scrollTop + y];
  picture.setAttribute("width", width * scale);
  picture.setAttribute("height", height * scale);
  frame.scrollTo((left * scale) / before - x, (top * scale) / before - y);
  document.getElementById("count").textContent = `${Math.round(100 * scale)} %`;
}

const STEP = 1.25;
const actions = {
  larger: () => zoom(scale * STEP),
  smaller: () => zoom(scale / STEP),
  whole: () => zoom(Math.min(1, (frame.clientWidth - 20) / width, (frame.clientHeight - 20) / height)),
};
for (const [id, action] of Object.entries(actions)) document.getElementById(id).addEventListener("click", action);
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const box = event.target.closest("[data-opens]");
  let action = { "+": actions.larger, "-": actions.smaller, 0: actions.whole }[event.key];
  if (box && (event.key === "Enter" || event.key === " ")) action = () => open(box.dataset.opens);
  if (event.key === "Escape" && opened.length > 1) action = () => back(opened.length - 2);
  if (!action) return;
  action();
  event.preventDefault();
});
frame.addEventListener(
  "wheel",
  (event) => {
    if (!event.ctrlKey) return;
    const box = frame.getBoundingClientRect();
    zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
    event.preventDefault();
  },
  { passive: false },
);

let pressed = null; // where the mouse went down, and whether it has been moved since
frame.addEventListener("pointerdown", (event) => {
  pressed = { x: event.clientX, y: event.clientY, moved: false };
});
frame.addEventListener("pointermove", (event) => {
  if (!pressed || event.pointerType !== "mouse" || event.buttons !== 1) return; // fingers scroll by themselves
  if (!pressed.moved) {
    if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < 4) return;
    pressed.moved = true;
    frame.setPointerCapture(event.pointerId);
    frame.classList.add("dragged");
  }
  frame.scrollBy(-event.movementX, -event.movementY);
});
for (const kind of ["pointerup", "pointercancel"]) frame.addEventListener(kind, () => frame.classList.remove("dragged"));
frame.addEventListener("click", (event) => {
  if (pressed?.moved) return;
  const box = event.target.closest("[data-opens]");
  if (box) open(box.dataset.opens);
  else about.textContent = event.target.closest("g")?.querySelector("title")?.textContent ?? "";
});
for (const kind of ["pointerover", "focusin"])
  frame.addEventListener(kind, (event) => {
    const said = event.target.closest("[data-opens]")?.querySelector("title")?.textContent;
    if (said) about.textContent = `${said}\nA click, or Enter, opens it.`;
  });
open("0");
