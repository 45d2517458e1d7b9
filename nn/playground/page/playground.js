/* Asks the server beside it for steps of the training, and draws what comes back. Nothing is computed here but places and
   colours. */
"use strict";

const SIZE = 46, GAP = 16, OUTPUT = 230, WIDTH = 900, TOP = 26, STEPS_A_FRAME = 5;
const byId = (id) => document.getElementById(id);
const network = byId("network");
let choices, session, state, points, playing = false, asked = 0, told = null, losses = [], seed = 0;

const made = (name, attributes = {}, parent = null) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (parent) parent.append(element);
  return element;
};

async function ask(what, body) {
  const options = body && { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  let answer;
  try {
    answer = await fetch(what, options);
  } catch {
    throw Error("The server has ended; start it again.");
  }
  const found = await answer.json();
  if (!answer.ok) throw Error(found.error);
  return found;
}

const number = (value) => Number(value.toPrecision(3)).toString().replace("-", "−");

/* -- settings -- */

function offer() {
  for (const id of ["data", "activation", "penalty"]) {
    for (const choice of choices[id]) byId(id).append(new Option(choice, choice));
    byId(id).value = choices.usual[id];
  }
  byId("layers").max = choices.most_layers;
  byId("layers").value = choices.usual.widths.length;
  for (const id of ["noise", "strength", "batch_size"]) byId(id).value = choices.usual[id];
  byId("rate").value = Math.round(4 * Math.log10(choices.usual.rate)) / 4;
  offerWidths(choices.usual.widths);
  label();
}

function offerWidths(widths) {
  byId("widths").replaceChildren(...widths.map((width, i) => {
    const all = document.createElement("label"), input = document.createElement("input"), output = document.createElement("output");
    Object.assign(input, { type: "range", min: 1, max: choices.most_units, step: 1, id: `width${i}` });
    input.value = width;
    all.append(`Units ${i + 1} `, input, output);
    return all;
  }));
}

const rate = () => Number((10 ** byId("rate").value).toPrecision(2));

function widths() {
  return [...byId("widths").querySelectorAll("input")].map((input) => Number(input.value));
}

function label() {
  for (const input of document.querySelectorAll('#settings input[type="range"]')) {
    input.parentElement.querySelector("output").textContent = input.id === "rate" ? rate() : input.value;
  }
}

function chosen() {
  const numbers = Object.fromEntries(["noise", "strength", "batch_size"].map((id) => [id, Number(byId(id).value)]));
  const names = Object.fromEntries(["data", "activation", "penalty"].map((id) => [id, byId(id).value]));
  return { ...numbers, ...names, rate: rate(), widths: widths(), seed };
}

byId("settings").addEventListener("input", (event) => {
  if (event.target.id === "layers") {
    const now = widths();
    offerWidths(Array.from({ length: Number(event.target.value) }, (_, i) => now[i] ?? 4));
  }
  label();
  begin();
});
byId("settings").addEventListener("submit", (event) => event.preventDefault());

/* -- the picture -- */

const places = () => [2, ...widths(), 1];

function place(layer, unit) {
  const counts = places(), last = counts.length - 1, tallest = Math.max(...counts.slice(0, -1), 4);
  const height = TOP + tallest * (SIZE + GAP);
  if (layer === last) return { x: WIDTH - OUTPUT, y: TOP, size: OUTPUT };
  const x = last === 0 ? 0 : 40 + (layer * (WIDTH - OUTPUT - 130)) / Math.max(last, 1);
  const y = TOP + (height - TOP - counts[layer] * (SIZE + GAP) + GAP) / 2 + unit * (SIZE + GAP);
  return { x, y, size: SIZE };
}

function draw() {
  network.replaceChildren();
  const counts = places(), last = counts.length - 1;
  const height = Math.max(TOP + Math.max(...counts.slice(0, -1), 4) * (SIZE + GAP), TOP + OUTPUT + 6);
  network.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
  const links = made("g", {}, network);
  for (let layer = 0; layer < last; layer++) {
    for (let to = 0; to < counts[layer + 1]; to++) {
      for (let from = 0; from < counts[layer]; from++) {
        const a = place(layer, from), b = place(layer + 1, to), end = b.y + b.size / 2;
        const [x1, y1, x2] = [a.x + a.size, a.y + a.size / 2, b.x], half = (x1 + x2) / 2;
        const d = `M${x1},${y1} C${half},${y1} ${half},${end} ${x2},${end}`;
        const touch = made("path", { d, class: "touch", tabindex: 0, role: "img", id: `touch-${layer}-${to}-${from}` }, links);
        made("path", { d, class: "link", id: `link-${layer}-${to}-${from}` }, links);
        const say = () => tell(() => weightText(layer, to, from));
        touch.addEventListener("pointerenter", say);
        touch.addEventListener("focus", say);
      }
    }
  }
  counts.forEach((count, layer) => {
    for (let unit = 0; unit < count; unit++) {
      const { x, y, size } = place(layer, unit);
      const neuron = made("g", { class: "neuron", id: `neuron-${layer}-${unit}` }, network);
      made("image", { x, y, width: size, height: size, preserveAspectRatio: "none" }, neuron);
      made("rect", { x, y, width: size, height: size, class: "frame", rx: 3 }, neuron);
      if (layer === 0) made("text", { x: x - 30, y: y + size / 2 + 4 }, neuron).textContent = ["x₁", "x₂"][unit];
      else neuron.addEventListener("pointerenter", () => tell(() => biasText(layer, unit)));
    }
  });
  const { x, y, size } = place(last, 0), scale = size / (2 * choices.extent);
  const dots = made("g", { id: "points", "pointer-events": "none" }, network);
  for (const [name, list] of Object.entries(points)) {
    for (const [u, v, label] of list) {
      if (Math.max(Math.abs(u), Math.abs(v)) > choices.extent) continue;
      const fill = label ? "#d95f02" : "#1f77b4", hollow = name === "test";
      made("circle", {
        cx: x + (u + choices.extent) * scale, cy: y + (choices.extent - v) * scale, r: 2.6,
        fill: hollow ? "none" : fill, stroke: hollow ? fill : "white", "stroke-width": 0.8,
      }, dots);
    }
  }
  made("text", { x, y: TOP - 8 }, network).textContent = "output (hollow points: test)";
}

const canvas = document.createElement("canvas");

/* Blue below 0, white, orange above, as in the pictures of nn.plots. */
function picture(values) {
  const side = choices.resolution;
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d", { willReadFrequently: true }), image = context.createImageData(side, side);
  values.forEach((value, i) => {
    const [r, g, b] = value > 0 ? [217, 95, 2] : [31, 119, 180], share = 0.75 * Math.min(1, Math.abs(value) / 127);
    image.data.set([255 - share * (255 - r), 255 - share * (255 - g), 255 - share * (255 - b), 255], 4 * i);
  });
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}

const decoded = (text) => Int8Array.from(atob(text), (c) => c.charCodeAt(0));

function inputMap(axis) {
  const side = choices.resolution, way = (i) => 127 * (2 * i / (side - 1) - 1);
  return Array.from({ length: side * side }, (_, i) => (axis === 0 ? way(i % side) : -way(Math.floor(i / side))));
}

function show() {
  state.maps.forEach((layer, l) => layer.forEach((map, unit) => {
    byId(`neuron-${l + 1}-${unit}`).querySelector("image").setAttribute("href", picture(decoded(map)));
  }));
  state.weights.forEach((layer, l) => layer.forEach((row, to) => row.forEach((weight, from) => {
    const link = byId(`link-${l}-${to}-${from}`);
    link.style.stroke = `var(${weight > 0 ? "--positive" : "--negative"})`;
    link.style.strokeWidth = 0.4 + 2 * Math.min(4, Math.abs(weight));
    byId(`touch-${l}-${to}-${from}`).setAttribute("aria-label", weightText(l, to, from));
  })));
  const { train, test } = state, percent = (score) => `${(100 * score.accuracy).toFixed(1)} %`;
  const loss = (score) => (score.loss === null ? "∞" : score.loss.toFixed(3));
  byId("where").textContent = `epoch ${state.epochs.toFixed(1)} · training ${loss(train)}, ${percent(train)} · test ${loss(test)}, ${percent(test)}`;
  if (state.diverged) {
    byId("notice").textContent = "The loss is no finite number any more: a smaller rate may help.";
    pause();
  }
  if (told) byId("told").textContent = told();
  losses.push({ step: state.steps, train: train.loss, test: test.loss });
  drawLosses();
}

function drawLosses() {
  const chart = byId("losses"), width = 900, height = 130;
  chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
  if (losses.length > 600) losses = losses.filter((_, i) => i % 2 === 0 || i === losses.length - 1);
  const last = Math.max(1, losses.at(-1).step);
  const most = Math.max(...losses.flatMap(({ train, test }) => [train ?? 0, test ?? 0]), 0.1);
  chart.replaceChildren();
  for (const name of ["train", "test"]) {
    const seen = losses.filter((point) => point[name] !== null);
    const line = seen.map((point) => `${(8 + ((width - 16) * point.step) / last).toFixed(1)},${(height - 8 - ((height - 16) * point[name]) / most).toFixed(1)}`);
    made("polyline", { points: line.join(" "), class: `curve ${name}` }, chart);
  }
}

/* -- what is said -- */

const unitName = (layer, unit) => {
  if (layer === 0) return ["x₁", "x₂"][unit];
  return layer === places().length - 1 ? "the output" : `neuron ${unit + 1} of layer ${layer}`;
};

const gradientText = (name, found) => (found === null ? `∂C/∂${name} not yet computed` : `∂C/∂${name} = ${number(found)}`);

function weightText(layer, to, from) {
  const gradient = state.weight_gradients[layer];
  const w = number(state.weights[layer][to][from]);
  return `${unitName(layer, from)} → ${unitName(layer + 1, to)}: w = ${w}, ${gradientText("w", gradient && gradient[to][from])}`;
}

function biasText(layer, unit) {
  const gradient = state.bias_gradients[layer - 1];
  return `${unitName(layer, unit)}: b = ${number(state.biases[layer - 1][unit])}, ${gradientText("b", gradient && gradient[unit])}`;
}

function tell(what) {
  told = what;
  byId("told").textContent = what();
}

/* -- the training -- */

function fail(error) {
  byId("notice").textContent = error.message;
  pause();
}

async function begin() {
  const turn = ++asked;  // of several that are asked for, the last counts
  try {
    const found = await ask("new", { settings: chosen(), session });
    if (turn !== asked) return;
    ({ session, points, state } = found);
    losses = [];
    told = null;
    byId("notice").textContent = "";
    byId("told").textContent = "Point at a line to see its weight and the gradient of the last mini-batch.";
    draw();
    for (const axis of [0, 1]) byId(`neuron-0-${axis}`).querySelector("image").setAttribute("href", picture(inputMap(axis)));
    show();
    document.body.dataset.ready = turn;
  } catch (error) {
    fail(error);
  }
}

async function step(steps) {
  const turn = asked;
  const found = await ask("step", { session, steps });
  if (turn !== asked) return;
  state = found.state;
  show();
}

function pause() {
  playing = false;
  byId("play").textContent = "Play";
}

async function play() {
  playing = true;
  byId("play").textContent = "Pause";
  byId("notice").textContent = "";
  while (playing) {
    try {
      await step(STEPS_A_FRAME);
    } catch (error) {
      fail(error);
    }
    await new Promise(requestAnimationFrame);
  }
}

byId("play").addEventListener("click", () => (playing ? pause() : play()));
byId("once").addEventListener("click", () => { pause(); step(1).catch(fail); });
byId("reset").addEventListener("click", () => { pause(); begin(); });
byId("again").addEventListener("click", () => { seed += 1; begin(); });

ask("choices").then((found) => { choices = found; offer(); return begin(); }).catch(fail);
