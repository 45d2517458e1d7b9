// Pan and zoom: by buttons and keys, by the wheel with Ctrl (as browsers do), by dragging, and by scrolling.
const frame = document.getElementById("picture");
const picture = frame.querySelector("svg");
const [width, height] = ["width", "height"].map((name) => Number(picture.getAttribute(name)));
let scale = 1;

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
  const action = { "+": actions.larger, "-": actions.smaller, 0: actions.whole }[event.key];
  if (!action || event.altKey || event.ctrlKey || event.metaKey) return;
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
frame.addEventListener("pointerdown", (event) => {
  if (event.pointerType !== "mouse" || event.button !== 0) return; // fingers scroll by themselves
  frame.setPointerCapture(event.pointerId);
  frame.classList.add("dragged");
});
frame.addEventListener("pointermove", (event) => {
  if (frame.classList.contains("dragged")) frame.scrollBy(-event.movementX, -event.movementY);
});
for (const kind of ["pointerup", "pointercancel"]) frame.addEventListener(kind, () => frame.classList.remove("dragged"));
zoom(1);
