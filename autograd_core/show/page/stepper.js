// Plays a graph. What there is to say of it comes from `graph`; what is computed again, from `functions`, the rows.
const graph = JSON.parse(document.getElementById("graph").textContent);
const nodes = graph.nodes;
const result = nodes.length - 1;
if (!graph.numbers) {
  const typeset = (text) => text && text.replace(/-(?=\d|\.|inf)/g, "−");
  for (const node of nodes) {
    [node.value, node.gradient] = [typeset(node.value), typeset(node.gradient)];
    for (const edge of node.edges) if (edge) edge.share = typeset(edge.share);
  }
}
const isLeaf = (node) => node.role === "node" && !node.op;
const byId = (id) => document.getElementById(id);

// --- numbers -------------------------------------------------------------------------------------

// Python's repr: nan and inf are no numbers of JSON.
const parsed = (text) => (/^-?inf$/i.test(text) ? (text[0] === "-" ? -Infinity : Infinity) : Number(text));

// As the engine writes a number: significant digits, no trailing zeros, no -0.
function written(x, digits = 6) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "∞" : "−∞";
  if (x === 0) return "0";
  const [mantissa, power] = Math.abs(x).toExponential(digits - 1).split("e");
  const exponent = Number(power);
  let text;
  if (exponent < -4 || exponent >= digits) {
    const shown = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
    text = `${shown}e${exponent < 0 ? "−" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  } else {
    text = Math.abs(x).toFixed(Math.max(0, digits - 1 - exponent));
    if (text.includes(".")) text = text.replace(/\.?0+$/, "");
  }
  return (x < 0 ? "−" : "") + text;
}

const bracketed = (x) => (written(x)[0] === "−" ? `(${written(x)})` : written(x));

// A formula with numbers in its places; a negative one in brackets unless it stands at the start or in brackets.
function filled(formula, numbers) {
  return formula.replace(/⟦(\w+)⟧/g, (place, key, offset, whole) => {
    const before = offset === 0 ? "(" : whole[offset - 1];
    const after = whole[offset + place.length] ?? ")";
    const safe = "(|[{,".includes(before) && !/[⁰¹²³⁴⁵⁶⁷⁸⁹⁻^]/.test(after);
    return safe ? written(numbers[key]) : bracketed(numbers[key]);
  });
}

// --- the graph's state ---------------------------------------------------------------------------

const original = nodes.map((node) => ({
  value: parsed(node.value),
  locals: node.edges.map((edge) => edge && parsed(edge.local)),
}));
const consumers = nodes.map(() => []); // of each node, [node, position] for all who use it
nodes.forEach((node, n) =>
  node.inputs.forEach((source, position) => {
    if (nodes[source].role === "node" && (graph.numbers || node.edges[position])) consumers[source].push([n, position]);
  }),
);
const changed = new Map(); // leaves that were given other numbers
let state;

function weightedSum(node, inputs) {
  const [add, multiply] = node.sum.map((name) => functions[name]);
  const terms = inputs.slice(0, node.pairs).map((a, i) => multiply(a, inputs[node.pairs + i]));
  const all = [...inputs.slice(2 * node.pairs), ...terms];
  return all.reduce((total, term) => add(total, term));
}

function computed(n, values) {
  const node = nodes[n];
  const inputs = node.inputs.map((source) => values[source]);
  const value = Number(node.sum ? weightedSum(node, inputs) : functions[node.function](...inputs));
  const at = [...inputs, value];
  const locals = node.rules.map((rule) => (rule ? Number(functions[rule[0]](...rule[1].map((i) => at.at(i)))) : 0));
  return { value, locals };
}

// Values forward, then gradients backward: every node passes upstream · local gradient to each input, and branches add up.
function evaluate() {
  const values = [];
  const locals = [];
  nodes.forEach((node, n) => {
    const now =
      changed.size && node.op ? computed(n, values) : { ...original[n], value: changed.get(n) ?? original[n].value };
    values.push(now.value);
    locals.push(now.locals);
  });
  const gradients = nodes.map(() => 0);
  const shares = nodes.map((node) => node.inputs.map(() => 0));
  gradients[result] = 1;
  for (let n = result; n >= 0; n--) {
    nodes[n].inputs.forEach((source, position) => {
      if (nodes[source].role !== "node") return;
      shares[n][position] = locals[n][position] * gradients[n];
      gradients[source] += shares[n][position];
    });
  }
  if (!changed.size) nodes.forEach((node, n) => node.role === "node" && (gradients[n] = parsed(node.gradient)));
  return { values, locals, gradients, shares };
}

// --- the steps -----------------------------------------------------------------------------------

const operations = nodes.map((_, n) => n).filter((n) => nodes[n].op);
const steps = [
  { kind: "inputs" },
  ...operations.map((n) => ({ kind: "forward", node: n })),
  { kind: "start", node: result },
  ...[...operations].reverse().map((n) => ({ kind: "backward", node: n })),
  { kind: "totals" },
];
const forwardStep = new Map(steps.map((step, s) => [step.kind === "forward" ? step.node : -1, s]));
const backwardStep = new Map(steps.map((step, s) => [step.kind === "backward" ? step.node : -1, s]));
const startStep = steps.findIndex((step) => step.kind === "start");
let current = 0;

const isKnown = (n, s) => !nodes[n].op || forwardStep.get(n) <= s;
const arrived = (n, s) => consumers[n].filter(([consumer]) => backwardStep.get(consumer) <= s);
const isComplete = (n, s) => (n === result ? startStep <= s : arrived(n, s).length === consumers[n].length && s > startStep);

const upstream = (n) => `∂${nodes[result].name}/∂${nodes[n].name}`;
const joined = (parts) => parts.filter((part, i) => part && part !== parts[i - 1]).join(" = ");

function valueText(n, digits) {
  const node = nodes[n];
  return graph.numbers ? written(state.values[n], digits) : node.value || node.shape;
}

function gradientText(n, s, digits) {
  const node = nodes[n];
  if (node.role !== "node" || (n !== result && s <= startStep)) return "";
  if (isComplete(n, s)) return graph.numbers ? written(state.gradients[n], digits) : node.gradient || node.shape;
  const shares = arrived(n, s);
  if (!shares.length || !graph.numbers) return shares.length ? "…" : "";
  return `${sum(shares.map(([consumer, position]) => state.shares[consumer][position]), digits)} + …`;
}

function sum(numbers, digits) {
  return numbers.map((x, i) => (i ? ` + ${x < 0 ? `(${written(x, digits)})` : written(x, digits)}` : written(x, digits))).join("");
}

// Lines are {text, result, aside}: a formula, what it comes to, and a remark.
function lines(step, s) {
  if (step.kind === "inputs") return inputLines();
  if (step.kind === "forward") return [forwardLine(step.node)];
  if (step.kind === "start") return [startLine()];
  if (step.kind === "totals") return nodes.flatMap((node, n) => (isLeaf(node) ? [totalLine(n)] : []));
  return nodes[step.node].inputs.flatMap((_, position) => edgeLines(step.node, position, s));
}

function inputLines() {
  const leaves = nodes.map((_, n) => n).filter((n) => isLeaf(nodes[n]));
  return leaves.map((n) => ({ text: `${nodes[n].name} = `, result: valueText(n), aside: shapeOf(n) }));
}

const shapeOf = (n) => (graph.numbers || !nodes[n].value ? "" : `shape ${nodes[n].shape}`);

function forwardLine(n) {
  const node = nodes[n];
  if (!graph.numbers) return { text: `${node.name} = ${node.written} = `, result: valueText(n), aside: shapeOf(n) };
  const numbers = filled(node.filled, node.inputs.map((source) => state.values[source]));
  return { text: `${joined([node.name, node.written, numbers === valueText(n) ? "" : numbers])} = `, result: valueText(n) };
}

function startLine() {
  const start = graph.numbers ? "1" : nodes[result].gradient || `ones of shape ${nodes[result].shape}`;
  return { text: `${upstream(result)} = `, result: start, aside: "a number changes by 1 when it changes by 1" };
}

function edgeLines(n, position, s) {
  const edge = nodes[n].edges[position];
  const source = nodes[n].inputs[position];
  if (nodes[source].role !== "node" || !edge) return [];
  return graph.numbers ? edgeOfNumbers(n, position, s) : edgeOfArrays(n, position, s);
}

function edgeOfNumbers(n, position, s) {
  const node = nodes[n];
  const edge = node.edges[position];
  const source = node.inputs[position];
  const local = state.locals[n][position];
  const at = { ...node.inputs.map((input) => state.values[input]), y: state.values[n] };
  const numbers = edge.filled ? filled(edge.filled, at) : "";
  const found = [];
  const localText = joined([edge.derivative, edge.written, numbers, written(local)]);
  found.push({ text: localText, local: true, first: true });
  const several = consumers[source].length > 1;
  const share = state.shares[n][position];
  const product = `${written(state.gradients[n])} · ${bracketed(local)}`;
  const left = several ? `share of ${upstream(source)}` : upstream(source);
  // Of the result, ∂f/∂q is both: the local gradient, and what is to be found.
  const factor = n === result && edge.written ? (edge.written.includes(" ") ? `(${edge.written})` : edge.written) : edge.derivative;
  found.push({ text: `${joined([left, `${upstream(n)} · ${factor}`, product])} = `, result: written(share) });
  if (several && isLastShare(n, position, s)) found.push(totalLine(source, true));
  else if (several) found.push(moreToCome(source));
  return found;
}

const moreToCome = (n) => ({ text: "", aside: `more is still to come: ${nodes[n].name} is used ${consumers[n].length} times` });

// Whether with this share the gradient of its input is complete.
function isLastShare(n, position, s) {
  const uses = consumers[nodes[n].inputs[position]];
  const later = uses.some(([consumer, p]) => backwardStep.get(consumer) > s || (consumer === n && p > position));
  return !later;
}

function totalLine(n, branches = false) {
  if (!graph.numbers) return { text: `${upstream(n)} = `, result: gradientText(n, steps.length - 1), aside: shapeOfGradient(n) };
  const shares = consumers[n].map(([consumer, position]) => state.shares[consumer][position]);
  const parts = shares.length > 1 ? `${sum(shares)} = ` : "";
  return {
    text: `${upstream(n)} = ${parts}`,
    result: written(state.gradients[n]),
    aside: branches ? "branches add up" : "",
  };
}

const shapeOfGradient = (n) => (nodes[n].gradient ? `shape ${nodes[n].shape}` : "");

function edgeOfArrays(n, position, s) {
  const edge = nodes[n].edges[position];
  const source = nodes[n].inputs[position];
  const several = consumers[source].length > 1;
  const found = [
    { text: `${several ? "share of " : ""}${upstream(source)} = ${edge.formula}`, aside: `shapes ${edge.shapes}`, first: true },
  ];
  if (edge.share) found.push({ text: /^from/.test(edge.share) ? "" : "= ", result: edge.share });
  if (several && isLastShare(n, position, s)) {
    found.push({ text: `${upstream(source)} = the sum of all ${consumers[source].length} shares = `, result: nodes[source].gradient || nodes[source].shape });
  } else if (several) found.push(moreToCome(source));
  return found;
}

const listed = (names) => [names.slice(0, -1).join(", "), ...names.slice(-1)].filter(Boolean).join(" and ");

function heading(step) {
  const count = operations.length;
  if (step.kind === "inputs") return "The inputs have their values";
  if (step.kind === "forward") return `Forward ${operations.indexOf(step.node) + 1} of ${count}: compute ${nodes[step.node].name}`;
  if (step.kind === "start") return "Backward: start at the result";
  if (step.kind === "totals") return "Done: the gradients of the inputs";
  const targets = [...new Set(nodes[step.node].inputs.filter((i) => nodes[i].role === "node"))].map((i) => nodes[i].name);
  const where = targets.length ? `to ${listed(targets)}` : "to nobody: its inputs are constants";
  return `Backward ${count - operations.indexOf(step.node)} of ${count}: ${nodes[step.node].name} passes its gradient ${where}`;
}

// --- showing it ----------------------------------------------------------------------------------

const MOST = 40; // lines of one step

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function showStep(step, s) {
  const box = byId("step");
  const direction = { forward: "forward", inputs: "forward" }[step.kind] ?? "backward";
  box.className = `step ${direction}`;
  box.replaceChildren(...stepContents(step, s));
}

function stepContents(step, s) {
  const all = lines(step, s);
  const shown = all.slice(0, MOST).map((line) => {
    const paragraph = element("p", "", line.first ? "first" : "");
    const formula = element("span", line.text, "formula");
    if (line.local) paragraph.append(element("span", "local gradient ", "aside"));
    if (line.result !== undefined) formula.append(element("span", line.result, "result"));
    paragraph.append(formula);
    if (line.aside) paragraph.append(element("span", `${line.text ? " — " : ""}${line.aside}`, "aside"));
    return paragraph;
  });
  if (all.length > MOST) shown.push(element("p", `… and ${all.length - MOST} more, in the table`, "aside"));
  return [element("h2", heading(step)), ...shown];
}

// Room for the longest step, within reason, so that the picture stays where it is.
function reserve() {
  const box = byId("step");
  const trial = box.cloneNode();
  trial.removeAttribute("aria-live");
  trial.removeAttribute("id");
  Object.assign(trial.style, { minHeight: "", position: "absolute", visibility: "hidden", width: `${box.offsetWidth}px` });
  box.after(trial);
  const heights = steps.map((step, s) => {
    trial.replaceChildren(...stepContents(step, s));
    return trial.offsetHeight;
  });
  trial.remove();
  box.style.minHeight = `${Math.min(Math.max(...heights), 210, window.innerHeight / 3)}px`;
}

function showPicture(step, s) {
  const picture = byId("picture");
  picture.classList.toggle("forward", step.kind === "forward");
  picture.classList.toggle("backward", step.kind === "backward" || step.kind === "start");
  for (const group of picture.querySelectorAll("g[data-node]")) {
    const n = Number(group.dataset.node);
    group.classList.toggle("current", n === step.node);
    put(group.querySelector(".value"), isKnown(n, s), valueOnWire(n));
    put(group.querySelector(".gradient"), gradientText(n, s) !== "", gradientOnWire(n, s));
  }
  for (const path of picture.querySelectorAll("path[data-to]")) {
    const leads = path.dataset.to.split(" ").includes(String(step.node)) && nodes[step.node].inputs.includes(Number(path.dataset.node));
    const passes = leads && (step.kind === "forward" || nodes[Number(path.dataset.node)].role === "node");
    path.classList.toggle("active", passes && step.kind !== "start");
  }
  for (const path of picture.querySelectorAll("path[data-node]:not([data-to])")) {
    const branch = `path.active[data-to][data-node="${path.dataset.node}"]`;
    path.classList.toggle("active", picture.querySelector(branch) !== null);
  }
  follow(picture.querySelector("g.current"));
}

const valueOnWire = (n) => (graph.numbers ? `${nodes[n].op ? "= " : ""}${written(state.values[n], 4)}` : null);
function gradientOnWire(n, s) {
  if (!graph.numbers) return null;
  return isComplete(n, s) ? written(state.gradients[n], 4) : "…";
}

// A text of the picture, or its last run after a name; null leaves the words that were drawn.
function put(text, visible, words) {
  if (!text) return;
  text.classList.toggle("hidden", !visible);
  if (words !== null && visible) (text.lastElementChild ?? text).textContent = words;
}

// Scroll the picture, not the page, to what the step is about.
function follow(group) {
  const picture = byId("picture");
  if (!group) return;
  const box = group.getBoundingClientRect();
  const frame = picture.getBoundingClientRect();
  const missing = (start, end, first, last) => {
    const margin = Math.min(200, (last - first) / 3);
    return Math.min(0, start - first - margin) || Math.max(0, end - last + margin);
  };
  picture.scrollLeft += missing(box.left, box.right, frame.left, frame.right);
  picture.scrollTop += missing(box.top, box.bottom, frame.top, frame.bottom);
}

function showTable(step, s) {
  for (const [n, row] of rows) {
    const [, how, value, gradient] = row.cells;
    row.classList.toggle("current", n === step.node);
    how.textContent = nodes[n].written ?? "input";
    value.textContent = isKnown(n, s) ? valueText(n) : "";
    gradient.textContent = gradientText(n, s);
    if (!graph.numbers) continue;
    value.dataset.number = isKnown(n, s) ? String(state.values[n]) : "";
    gradient.dataset.number = isComplete(n, s) ? String(state.gradients[n]) : "";
  }
}

function show() {
  const step = steps[current];
  showStep(step, current);
  showPicture(step, current);
  showTable(step, current);
  byId("position").value = current;
  byId("position").setAttribute("aria-valuetext", `${current + 1} of ${steps.length}: ${heading(step)}`);
  byId("count").textContent = `${current + 1} / ${steps.length}`;
  for (const id of ["first", "back"]) byId(id).disabled = current === 0;
  for (const id of ["next", "last"]) byId(id).disabled = current === steps.length - 1;
  for (const [n, output] of outputs) {
    const gradient = gradientText(n, current);
    output.textContent = gradient && `${upstream(n)} = ${gradient}`;
  }
}

function go(to) {
  current = Math.max(0, Math.min(steps.length - 1, to));
  show();
}

// --- playing, keys and inputs --------------------------------------------------------------------

const PAUSE = 1800; // milliseconds a step
let timer = null;

function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => (current < steps.length - 1 ? go(current + 1) : play(false)), PAUSE) : null;
  if (on) go(current === steps.length - 1 ? 0 : current + 1);
  byId("play").textContent = on ? "Pause" : "Play";
  byId("play").setAttribute("aria-pressed", String(on));
}

function stepTo(to) {
  play(false);
  go(to);
}

byId("first").addEventListener("click", () => stepTo(0));
byId("back").addEventListener("click", () => stepTo(current - 1));
byId("next").addEventListener("click", () => stepTo(current + 1));
byId("last").addEventListener("click", () => stepTo(steps.length - 1));
byId("play").addEventListener("click", () => play(timer === null));
byId("position").addEventListener("input", (event) => stepTo(Number(event.target.value)));
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input")) return;
  const moves = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: steps.length - 1 };
  if (event.key in moves) stepTo(moves[event.key]);
  else if (event.key === " " && !event.target.closest("button")) play(timer === null);
  else return;
  event.preventDefault();
});

const outputs = new Map();
const fields = new Map();

function addField(n) {
  const id = `input-${n}`;
  const label = element("label", nodes[n].name);
  label.htmlFor = id;
  const field = element("input");
  Object.assign(field, { id, type: "text", inputMode: "text", autocomplete: "off", value: written(original[n].value, 17) });
  field.addEventListener("input", () => change(n, field));
  field.setAttribute("aria-describedby", "complaint");
  const output = element("output");
  output.htmlFor.add(id);
  fields.set(n, field);
  outputs.set(n, output);
  byId("fields").append(label, field, output);
}

function change(n, field) {
  const text = field.value.trim().replace("−", "-");
  const number = /^[+-]?(inf(inity)?|∞)$/i.test(text) ? (text[0] === "-" ? -Infinity : Infinity) : text.toLowerCase() === "nan" ? NaN : Number(text || "?");
  const valid = !Number.isNaN(number) || text.toLowerCase() === "nan";
  field.setAttribute("aria-invalid", String(!valid));
  const wrong = [...fields].filter(([, other]) => other.getAttribute("aria-invalid") === "true").map(([m]) => nodes[m].name);
  byId("complaint").textContent = wrong.length ? `${wrong.join(", ")}: no number, such as −1.5; the one before stays` : "";
  if (!valid) return;
  changed.set(n, number);
  state = evaluate();
  show();
}

byId("reset").addEventListener("click", () => {
  changed.clear();
  for (const [n, field] of fields) {
    field.value = written(original[n].value, 17);
    field.setAttribute("aria-invalid", "false");
  }
  byId("complaint").textContent = "";
  state = evaluate();
  show();
});
byId("inputs").addEventListener("submit", (event) => event.preventDefault());

const rows = new Map();
nodes.forEach((node, n) => {
  if (node.role !== "node") return;
  const row = element("tr");
  const name = element("th", node.name);
  name.scope = "row";
  row.append(name, element("td"), element("td", "", "value"), element("td", "", "gradient"));
  row.dataset.node = n;
  rows.set(n, row);
  byId("nodes").tBodies[0].append(row);
});
if (graph.numbers && !graph.fixed) {
  nodes.forEach((node, n) => isLeaf(node) && addField(n));
  byId("inputs").hidden = fields.size === 0;
}
const notices = [...graph.notices, ...(graph.fixed ? [graph.fixed] : [])];
byId("notices").hidden = notices.length === 0;
byId("notices").append(...notices.map((text) => element("p", text)));
byId("position").max = steps.length - 1;
state = graph.numbers ? evaluate() : null;
show();
reserve();
window.addEventListener("resize", reserve);
