// Draws <figure data-chart="ID"> from the JSON with that id. The same figures stand in a table beside every chart.
import { BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { bars, intervals, matrix, series } from "./chart_kinds.js";

echarts.use([
  AriaComponent,
  BarChart,
  CustomChart,
  GridComponent,
  HeatmapChart,
  LegendComponent,
  LineChart,
  MarkLineComponent,
  ScatterChart,
  SVGRenderer,
  TooltipComponent,
  VisualMapComponent,
]);

const KINDS = { bars, intervals, matrix, series };
const ROW_PIXELS = 26;

function palette() {
  const style = getComputedStyle(document.documentElement);
  const names = ["ink", "muted", "line", "edge", "surface", "accent", "good", "warn", "bad"];
  const colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  colours.labels = [0, 1, 2, 3, 4, 5].map((i) => style.getPropertyValue(`--label-${i}`).trim());
  return colours;
}

function draw(figure) {
  const source = document.getElementById(figure.dataset.chart);
  const frame = figure.querySelector(".drawn");
  if (!source || !frame) return;
  const spec = JSON.parse(source.textContent);
  const rows = spec.kind === "intervals" || spec.kind === "matrix" ? spec.rows.length : 0;
  frame.style.height = `${Math.max(240, rows * ROW_PIXELS + 110)}px`;
  echarts.getInstanceByDom(frame)?.dispose();
  const chart = echarts.init(frame, null, { renderer: "svg" });
  chart.setOption({
    animation: false,
    // aria-label is overwritten by the component: this is how it is told what to say.
    aria: { enabled: true, label: { description: spec.title } },
    ...KINDS[spec.kind](spec, palette()),
  });
  chart.on("click", (event) => {
    const href = event.data?.href;
    if (href) location.assign(href);
  });
  new ResizeObserver(() => chart.resize()).observe(frame);
}

function drawAll(root = document) {
  for (const figure of root.querySelectorAll("figure[data-chart]")) draw(figure);
}

drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll());
document.addEventListener("htmx:afterSettle", (event) => drawAll(event.target));
