package io.github.etcddiscovery.benchmarks.performance;

import java.awt.Color;
import java.awt.Rectangle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import org.jfree.chart.ChartFactory;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.data.xy.XYSeries;
import org.jfree.data.xy.XYSeriesCollection;
import org.jfree.svg.SVGGraphics2D;

/**
 * Draws a column of a result against another, a line for each value of a third.
 *
 * @param lines the column that tells the lines apart
 * @param x the column to the right, on a logarithmic scale
 * @param y the column upwards, on a logarithmic scale
 */
record Plot(String lines, String x, String y) {

	private static final int WIDTH = 720;

	private static final int HEIGHT = 400;

	void draw(Result result, Path folder) throws IOException {
		XYSeriesCollection data = new XYSeriesCollection();
		result.rows().stream().map((row) -> row.get(this.lines)).distinct().forEach((line) -> {
			XYSeries series = new XYSeries(String.valueOf(line));
			result.where(this.lines, line).forEach((row) -> series.add(number(row, this.x), number(row, this.y)));
			data.addSeries(series);
		});
		JFreeChart chart = ChartFactory.createXYLineChart(null, this.x, this.y, data, PlotOrientation.VERTICAL, true,
				false, false);
		XYPlot plot = chart.getXYPlot();
		plot.setRangeGridlinePaint(Color.LIGHT_GRAY);
		plot.setRenderer(new XYLineAndShapeRenderer());
		plot.setDomainAxis(logarithmic(this.x));
		plot.setRangeAxis(logarithmic(this.y));
		save(chart, plot, result.name(), folder);
	}

	/** Writes a chart as the page shows it. */
	static void save(JFreeChart chart, org.jfree.chart.plot.Plot plot, String name, Path folder) throws IOException {
		chart.setBackgroundPaint(Color.WHITE);
		plot.setBackgroundPaint(Color.WHITE);
		SVGGraphics2D svg = new SVGGraphics2D(WIDTH, HEIGHT);
		// Otherwise its ids differ from run to run.
		svg.setDefsKeyPrefix(name);
		chart.draw(svg, new Rectangle(WIDTH, HEIGHT));
		Files.writeString(folder.resolve(name + ".svg"), svg.getSVGDocument());
	}

	private static LogAxis logarithmic(String title) {
		LogAxis axis = new LogAxis(title);
		axis.setStandardTickUnits(NumberAxis.createStandardTickUnits());
		return axis;
	}

	static double number(Map<String, Object> row, String column) {
		return Double.parseDouble(String.valueOf(row.get(column)));
	}

}
