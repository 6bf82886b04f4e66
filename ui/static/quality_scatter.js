// Where quality and another measure meet: a dot a moment.

import { h } from "./films_dom.js";
import { drawing, MEASURES, palette, PLOTLY } from "./quality_format.js";
import { clock } from "./time_axis.js";

/** One measure against another, with what their ranks have in common. */
export class Scatter {
  constructor(page, name, on) {
    const { t } = page;
    this.page = page;
    this.name = name;
    this.on = on;
    this.figures = h("p", { class: "fmq-rho" });
    this.plot = h("div", { class: "fmq-dots", "aria-hidden": "true" });
    this.words = h("p", { class: "fm-soft" });
    this.element = h("section", { class: "fm-card fmq-scatter" }, h("h4", {}, t(`quality.scatter_${name}`)), this.figures, this.plot, this.words);
    new ResizeObserver(() => this.draw()).observe(this.plot);
  }

  take(data, moment) {
    const { t } = this.page;
    this.data = data;
    this.moment = moment;
    this.plot.hidden = !data;
    this.figures.hidden = !data || data.rho === null;
    if (!data) {
      this.words.textContent = t(`quality.absent_scatter_${this.name}`);
      return;
    }
    const signed = (value) => value.toFixed(2).replace("-", "−");
    if (data.rho !== null) {
      this.figures.replaceChildren(
        h("b", { title: t("quality.tip_rho") }, `ρ = ${signed(data.rho)}`),
        data.low === null ? "" : h("span", { title: t("quality.tip_interval") }, t("quality.interval", { low: signed(data.low), high: signed(data.high) })),
        h("span", { title: t("quality.tip_moments") }, t("quality.moments", { pairs: data.pairs.toLocaleString(this.page.language), independent: data.independent.toLocaleString(this.page.language) })),
      );
    }
    this.words.textContent = t(`quality.link_${this.verdict()}_${this.name}`);
    this.draw();
  }

  verdict() {
    const { rho, low, high } = this.data;
    if (rho === null || low === null) return "unknown";
    if (low > 0) return "up";
    return high < 0 ? "down" : "none";
  }

  select(moment) {
    this.moment = moment;
    // Behind another tab of the page nothing has a size, and Plotly reckons with infinities.
    if (this.drawn && this.data && this.plot.clientWidth) window.Plotly.restyle(this.plot, { x: [[this.at()?.[0]]], y: [[this.at()?.[1]]] }, [1]);
  }

  /** The dot next to the moment that is selected. */
  at() {
    const { t: times, x, y } = this.data;
    let near = 0;
    times.forEach((time, index) => {
      if (Math.abs(time - this.moment) < Math.abs(times[near] - this.moment)) near = index;
    });
    return [x[near], y[near]];
  }

  async draw() {
    const width = Math.floor(this.plot.clientWidth);
    if (!width || !this.data) return;
    let Plotly;
    try {
      Plotly = await drawing();
    } catch {
      return;
    }
    if (!this.plot.isConnected || !this.plot.clientWidth || !this.data) return;
    const { t } = this.page;
    const colour = palette(this.element);
    const font = { family: getComputedStyle(this.element).fontFamily, size: 12, color: colour("soft") };
    const axis = (title) => ({
      title: { text: title, standoff: 8, font }, range: [-0.02, 1.02], fixedrange: true, zeroline: false, gridcolor: colour("line"),
      tickvals: [0, 0.5, 1], ticktext: ["0.0", "0.5", "1.0"], tickfont: { size: 11, color: colour("soft") },
    });
    const [x, y] = this.at();
    await Plotly.react(this.plot, [
      {
        type: "scatter", mode: "markers", x: this.data.x, y: this.data.y, customdata: this.data.t.map((time) => clock(time, true)),
        marker: { size: 6, color: colour(MEASURES[this.name].role, 0.45) },
        hovertemplate: `%{customdata}<br>${t("quality.line_quality")} %{x:.2f}<br>${t(`quality.line_${this.name}`)} %{y:.2f}<extra></extra>`,
      },
      { type: "scatter", mode: "markers", x: [x], y: [y], hoverinfo: "skip", marker: { size: 13, color: "rgba(0,0,0,0)", line: { width: 2, color: colour("ink") } } },
    ], {
      width, height: 250, font, margin: { l: 46, r: 10, t: 8, b: 44 }, showlegend: false, dragmode: false, hovermode: "closest",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink") } },
      xaxis: axis(t("quality.scatter_x")), yaxis: axis(t(`quality.scatter_${this.name}_y`)),
    }, PLOTLY);
    if (!this.drawn) {
      this.plot.on("plotly_click", (event) => {
        const point = event.points?.[0];
        if (point?.curveNumber === 0) this.on.moment(this.data.t[point.pointNumber], true);
      });
    }
    this.drawn = true;
  }
}
