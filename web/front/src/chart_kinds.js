// The kinds of chart, as options of ECharts: a specification from the server and the page's colours in, options out.

// Text of a task or a name is never markup.
const plain = (text) => echartsSafe(String(text ?? ""));
function echartsSafe(text) {
  return text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
}

function axis(colours, more = {}) {
  return {
    axisLine: { lineStyle: { color: colours.edge } },
    axisLabel: { color: colours.muted, fontFamily: "inherit" },
    nameTextStyle: { color: colours.muted, fontFamily: "inherit" },
    splitLine: { lineStyle: { color: colours.line } },
    ...more,
  };
}

function frame(colours, more = {}) {
  return {
    textStyle: { fontFamily: "inherit", color: colours.ink },
    tooltip: {
      confine: true,
      backgroundColor: colours.surface,
      borderColor: colours.edge,
      textStyle: { color: colours.ink },
      ...more.tooltip,
    },
    grid: { left: 8, right: 24, top: 40, bottom: 32, containLabel: true, ...more.grid },
  };
}

function reference(value, name, colours, onAxis) {
  if (value === null || value === undefined) return undefined;
  return {
    symbol: "none",
    silent: true,
    lineStyle: { color: colours.bad, type: "dashed" },
    label: { formatter: name, color: colours.muted },
    data: [{ [onAxis]: value }],
  };
}

// {x, lines: [{name, y, low, high}], x_is_time, y_label, target, target_name}; hrefs: one per x or absent
export function series(spec, colours) {
  const made = [];
  spec.lines.forEach((line, i) => {
    const colour = line.colour ? colours[line.colour] : [colours.accent, ...colours.labels][i % 7];
    const points = (values) => spec.x.map((x, k) => ({ value: [x, values[k]], href: spec.hrefs?.[k] }));
    if (line.low) {
      // Two stacked lines, of which only the upper one is filled, make the band.
      const band = { type: "line", symbol: "none", silent: true, stack: `band ${i}`, stackStrategy: "all" };
      made.push({ ...band, data: spec.x.map((x, k) => [x, line.low[k]]), lineStyle: { opacity: 0 } });
      made.push({
        ...band,
        data: spec.x.map((x, k) => [x, line.low[k] === null ? null : line.high[k] - line.low[k]]),
        lineStyle: { opacity: 0 },
        areaStyle: { color: colour, opacity: 0.18 },
      });
    }
    made.push({
      type: "line",
      name: line.name,
      data: points(line.y),
      symbolSize: 8,
      itemStyle: { color: colour },
      lineStyle: { color: colour, width: 2 },
      markLine: i === 0 ? reference(spec.target, spec.target_name, colours, "yAxis") : undefined,
    });
  });
  const interval = (line, k) =>
    line.low && line.low[k] !== null ? ` [${line.low[k].toFixed(3)}, ${line.high[k].toFixed(3)}]` : "";
  return {
    ...frame(colours, {
      tooltip: {
        trigger: "item",
        formatter: (at) => {
          const line = spec.lines.find((one) => one.name === at.seriesName);
          if (!line) return "";
          return `${plain(at.seriesName)}<br>${plain(spec.x_shown?.[at.dataIndex] ?? spec.x[at.dataIndex])}: <b>${
            line.shown?.[at.dataIndex] ?? line.y[at.dataIndex]
          }</b>${interval(line, at.dataIndex)}`;
        },
      },
    }),
    legend: { show: spec.lines.length > 1, top: 0, data: spec.lines.map((line) => line.name), textStyle: { color: colours.ink } },
    xAxis: axis(colours, { type: spec.x_is_time ? "time" : "category", splitLine: { show: false } }),
    yAxis: axis(colours, { type: "value", name: spec.y_label, min: spec.min, max: spec.max, nameLocation: "end" }),
    series: made,
  };
}

// {rows: [{name, value, low, high, href, level, shown}], min, max, x_label, bar, bar_name}
export function intervals(spec, colours) {
  const level = { trusted: colours.good, restricted: colours.warn, suspended: colours.bad };
  const rows = [...spec.rows].reverse();
  const whisker = (params, api) => {
    const at = rows[params.dataIndex];
    const left = api.coord([at.low, params.dataIndex]);
    const right = api.coord([at.high, params.dataIndex]);
    return {
      type: "line",
      shape: { x1: left[0], y1: left[1], x2: right[0], y2: right[1] },
      style: { stroke: level[at.level] ?? colours.edge, lineWidth: 3, lineCap: "round" },
    };
  };
  const known = rows.map((row, k) => [row, k]).filter(([row]) => row.low !== null && row.low !== undefined);
  return {
    ...frame(colours, {
      tooltip: { formatter: (at) => `${plain(at.data.name)}: <b>${plain(at.data.shown)}</b>` },
    }),
    xAxis: axis(colours, { type: "value", min: spec.min, max: spec.max, name: spec.x_label, nameLocation: "middle", nameGap: 26 }),
    yAxis: axis(colours, { type: "category", data: rows.map((row) => row.name), splitLine: { show: false } }),
    series: [
      {
        type: "custom",
        silent: true,
        renderItem: (params, api) => (rows[params.dataIndex].low === null ? undefined : whisker(params, api)),
        encode: { x: [0, 1], y: 2 },
        data: rows.map((row, k) => [row.low, row.high, k]),
      },
      {
        type: "scatter",
        symbolSize: 10,
        data: known.map(([row, k]) => ({
          value: [row.value, k],
          name: row.name,
          href: row.href,
          shown: row.shown ?? `${row.value} [${row.low}, ${row.high}]`,
          itemStyle: { color: level[row.level] ?? colours.accent },
        })),
        markLine: reference(spec.bar, spec.bar_name, colours, "xAxis"),
      },
    ],
  };
}

// {rows: [name], columns: [name], cells: [{row, column, value, shown, href, is_muted}], min, max}
export function matrix(spec, colours) {
  return {
    ...frame(colours, {
      tooltip: {
        formatter: (at) =>
          `${plain(spec.rows[at.data.value[1]])} / ${plain(spec.columns[at.data.value[0]])}: <b>${plain(at.data.tip)}</b>`,
      },
      grid: { top: 28, bottom: 64 },
    }),
    xAxis: axis(colours, { type: "category", data: spec.columns, name: spec.x_label, nameLocation: "middle", nameGap: 44, axisLabel: { color: colours.muted, rotate: 40 } }),
    yAxis: axis(colours, { type: "category", data: spec.rows, name: spec.y_label, nameLocation: "start", inverse: true }),
    visualMap: {
      show: false,
      min: spec.min,
      max: spec.max,
      inRange: { color: [colours.bad, colours.surface, colours.accent] },
    },
    series: [
      {
        type: "heatmap",
        label: { show: spec.cells.length <= 144, formatter: (at) => at.data.shown, color: colours.ink, textBorderColor: colours.surface, textBorderWidth: 3 },
        data: spec.cells.map((cell) => ({
          value: [cell.column, cell.row, cell.value],
          shown: cell.shown,
          tip: cell.tip ?? cell.shown,
          href: cell.href,
          itemStyle: { borderColor: colours.line, borderWidth: 1, opacity: cell.is_muted ? 0.25 : 1 },
        })),
      },
    ],
  };
}

// {x: [category], stacks: [{name, values, colour}], y_label, hrefs}
export function bars(spec, colours) {
  return {
    ...frame(colours, { tooltip: { trigger: "axis", axisPointer: { type: "shadow" } } }),
    legend: { show: spec.stacks.length > 1, top: 0, textStyle: { color: colours.ink } },
    xAxis: axis(colours, { type: "category", data: spec.x, splitLine: { show: false } }),
    yAxis: axis(colours, { type: "value", name: spec.y_label }),
    series: spec.stacks.map((stack, i) => ({
      type: "bar",
      name: stack.name,
      stack: spec.is_stacked === false ? undefined : "all",
      itemStyle: { color: stack.colour ? colours[stack.colour] : [colours.accent, ...colours.labels][i % 7] },
      data: stack.values.map((value, k) => ({ value, href: spec.hrefs?.[k] })),
    })),
  };
}
