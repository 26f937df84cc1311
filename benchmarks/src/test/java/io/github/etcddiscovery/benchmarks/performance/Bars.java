package io.github.etcddiscovery.benchmarks.performance;

import java.io.IOException;
import java.nio.file.Path;

import org.jfree.chart.ChartFactory;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.chart.renderer.category.StandardBarPainter;
import org.jfree.data.category.DefaultCategoryDataset;

/**
 * Draws a column of a result as bars, a group for each value of another column, and in it
 * a bar for each of a third.
 *
 * @param groups the column that tells the groups apart
 * @param bars the column that tells the bars of a group apart
 * @param length the column they are as long as
 */
record Bars(String groups, String bars, String length) {

	void draw(Result result, Path folder) throws IOException {
		DefaultCategoryDataset data = new DefaultCategoryDataset();
		result.rows()
			.forEach((row) -> data.addValue(Plot.number(row, this.length), String.valueOf(row.get(this.bars)),
					String.valueOf(row.get(this.groups))));
		JFreeChart chart = ChartFactory.createBarChart(null, null, this.length, data, PlotOrientation.HORIZONTAL, true,
				false, false);
		BarRenderer renderer = new BarRenderer();
		renderer.setBarPainter(new StandardBarPainter());
		renderer.setShadowVisible(false);
		chart.getCategoryPlot().setRenderer(renderer);
		Plot.save(chart, chart.getCategoryPlot(), result.name(), folder);
	}

}
