package influencers;

import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

import org.apache.commons.math3.distribution.PoissonDistribution;
import org.apache.spark.ml.classification.DecisionTreeClassificationModel;
import org.apache.spark.ml.classification.RandomForestClassificationModel;
import org.apache.spark.ml.classification.RandomForestClassifier;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.tree.ContinuousSplit;
import org.apache.spark.ml.tree.LearningNode;
import org.apache.spark.ml.tree.impl.DecisionTreeMetadata;
import org.apache.spark.ml.tree.impl.RandomForest$;
import org.apache.spark.mllib.tree.configuration.Algo$;
import org.apache.spark.mllib.tree.configuration.Strategy;
import org.apache.spark.mllib.tree.impurity.GiniCalculator;
import org.apache.spark.mllib.tree.model.ImpurityStats;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.util.random.XORShiftRandom;
import scala.Option;
import scala.Some;
import scala.Tuple2;
import scala.collection.Iterator;
import scala.collection.immutable.Map$;
import scala.collection.immutable.Set$;
import scala.collection.mutable.ListBuffer;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Fits a forest of two classes in the memory of the driver: node by node the one that Spark fits.
 *
 * Spark's forests take a job for every level of their trees, and a few before the first. Of few
 * rows, the jobs are nearly all that takes time. What decides a forest is Spark's own here: the
 * thresholds, the draws of rows and features, the order of nodes, and how trees become a model;
 * only the counting of rows by node, and what it gains to split one, is done in place of tasks.
 *
 * Compiled when it is first used: see java_source.py, and local_forest.py for its use.
 */
public final class LocalForest {
    /** Where children are as good as of one class, in what Spark takes them for. */
    private static final double PURE = Math.ulp(1.0);
    /** The least number of rows that Spark draws to find thresholds by. */
    private static final int LEAST_SAMPLE = 10000;

    private Strategy strategy;
    private DecisionTreeMetadata metadata;
    private double[][] thresholds;
    /** By row: the class; by feature and row: the bin; by tree and row: how often it was drawn. */
    private byte[] labels;
    private byte[][] bins;
    private byte[][] drawn;

    /**
     * The forest that the estimator would fit to the rows.
     *
     * @param asked    the estimator; at most 256 bins; weights are not heeded
     * @param examples a label of 0.0 or 1.0, a vector of numbers, and the number of the partition;
     *                 at least one row; read several times, unless there are few
     * @param few      whether all rows may be in memory at once
     */
    public RandomForestClassificationModel fit(
            RandomForestClassifier asked, Dataset examples, boolean few) {
        long seed = asked.getSeed();
        int trees = asked.getNumTrees();
        Row[] all = few ? (Row[]) examples.collect() : null;
        int rows = few ? all.length : (int) examples.count();
        strategy = asked.getOldStrategy(
            Map$.MODULE$.empty(), 2, Algo$.MODULE$.Classification(), asked.getOldImpurity());
        int mostBins = Math.min(strategy.getMaxBins(), rows);
        int enough = Math.max(mostBins * mostBins, LEAST_SAMPLE);
        Row[] sample = few && rows <= enough ? all : sampled(examples, rows, enough, seed);
        metadata = metadataOf(rows, vectorOf(sample[0]).size(), trees, mostBins,
            asked.getFeatureSubsetStrategy());
        thresholds = thresholdsOf(sample);
        bin(few ? Arrays.asList(all).iterator() : examples.toLocalIterator(), rows, trees, seed);

        LearningNode[] roots = grown(trees, seed);
        DecisionTreeClassificationModel[] models = new DecisionTreeClassificationModel[trees];
        for (int tree = 0; tree < trees; tree++) {
            models[tree] = new DecisionTreeClassificationModel(
                roots[tree].toNode(true), metadata.numFeatures(), 2);
            asked.copyValues(models[tree], ParamMap.empty());
        }
        RandomForestClassificationModel forest = new RandomForestClassificationModel(
            asked.uid(), models, metadata.numFeatures(), 2);
        asked.copyValues(forest, ParamMap.empty());
        return forest;
    }

    /** The rows that Spark finds thresholds by. */
    private static Row[] sampled(Dataset examples, int rows, int enough, long seed) {
        if (rows <= enough) {
            return (Row[]) examples.collect();
        }
        int ofSample = new XORShiftRandom(seed).nextInt();
        return (Row[]) examples.rdd().sample(false, (double) enough / rows, ofSample).collect();
    }

    private static Vector vectorOf(Row row) {
        return (Vector) row.get(1);
    }

    private DecisionTreeMetadata metadataOf(
            int rows, int features, int trees, int mostBins, String subset) {
        int[] binsOf = new int[features];
        Arrays.fill(binsOf, mostBins);
        int tried = features;
        if (subset.equals("sqrt")) {
            tried = (int) Math.ceil(Math.sqrt(features));
        } else if (subset.equals("log2")) {
            tried = Math.max(1, (int) Math.ceil(Math.log(features) / Math.log(2)));
        } else if (subset.equals("onethird")) {
            tried = (int) Math.ceil(features / 3.0);
        } else if (!subset.equals("all")) {
            throw new IllegalArgumentException("no such subset of features: " + subset);
        }
        return new DecisionTreeMetadata(
            features, rows, rows, 2, mostBins, Map$.MODULE$.empty(), Set$.MODULE$.empty(), binsOf,
            strategy.getImpurity(), strategy.getQuantileCalculationStrategy(),
            strategy.getMaxDepth(), strategy.getMinInstancesPerNode(),
            strategy.getMinWeightFractionPerNode(), strategy.getMinInfoGain(), trees, tried);
    }

    /** Between which bins each feature can be split, rising. */
    private double[][] thresholdsOf(Row[] sample) {
        double[][] found = new double[metadata.numFeatures()][];
        for (int feature = 0; feature < found.length; feature++) {
            // Of zeros Spark knows by what is missing.
            Map counts = new HashMap();
            long known = 0;
            for (int r = 0; r < sample.length; r++) {
                double value = vectorOf(sample[r]).apply(feature);
                if (value != 0.0) {
                    Double before = (Double) counts.get(Double.valueOf(value));
                    double count = before == null ? 1.0 : before.doubleValue() + 1.0;
                    counts.put(Double.valueOf(value), Double.valueOf(count));
                    known++;
                }
            }
            found[feature] = RandomForest$.MODULE$.findSplitsForContinuousFeature(
                (scala.collection.immutable.Map) Map$.MODULE$.from(
                    CollectionConverters.asScala(counts)),
                known, metadata, feature);
            metadata.setNumSplits(feature, found[feature].length);
        }
        return found;
    }

    /** Reads labels and bins of all rows, and draws them for each tree, partition by partition. */
    private void bin(java.util.Iterator examples, int rows, int trees, long seed) {
        labels = new byte[rows];
        bins = new byte[metadata.numFeatures()][rows];
        drawn = new byte[trees][rows];
        PoissonDistribution poisson = new PoissonDistribution(strategy.getSubsamplingRate());
        int partition = -1;
        for (int r = 0; r < rows; r++) {
            Row row = (Row) examples.next();
            labels[r] = (byte) row.getDouble(0);
            Vector vector = vectorOf(row);
            for (int feature = 0; feature < bins.length; feature++) {
                int place = Arrays.binarySearch(thresholds[feature], vector.apply(feature));
                bins[feature][r] = (byte) (place >= 0 ? place : -place - 1);
            }
            if (row.getInt(2) != partition) {
                partition = row.getInt(2);
                poisson.reseedRandomGenerator(seed + partition + 1);
            }
            for (int tree = 0; tree < trees; tree++) {
                drawn[tree][r] = (byte) poisson.sample();
            }
        }
    }

    private LearningNode[] grown(int trees, long seed) {
        LearningNode[] roots = new LearningNode[trees];
        // The rows of the nodes that are still to be split.
        IdentityHashMap rowsOf = new IdentityHashMap();
        ListBuffer stack = new ListBuffer();
        for (int tree = 0; tree < trees; tree++) {
            roots[tree] = LearningNode.emptyNode(1);
            rowsOf.put(roots[tree], drawnBy(tree));
            stack.prepend(new Tuple2(Integer.valueOf(tree), roots[tree]));
        }
        scala.util.Random random = new scala.util.Random();
        random.setSeed(seed);
        long most = strategy.getMaxMemoryInMB() * 1024L * 1024L;
        while (stack.nonEmpty()) {
            Tuple2 chosen = RandomForest$.MODULE$.selectNodesToSplit(stack, most, metadata, random);
            scala.collection.immutable.Map subsets =
                (scala.collection.immutable.Map) chosen._2();
            Iterator byTree = ((scala.collection.immutable.Map) chosen._1()).iterator();
            while (byTree.hasNext()) {
                Tuple2 next = (Tuple2) byTree.next();
                int tree = ((Integer) next._1()).intValue();
                LearningNode[] nodes = (LearningNode[]) next._2();
                scala.collection.immutable.Map info =
                    (scala.collection.immutable.Map) subsets.apply(next._1());
                for (int n = 0; n < nodes.length; n++) {
                    int[] rows = (int[]) rowsOf.remove(nodes[n]);
                    Object of = info.apply(Integer.valueOf(nodes[n].id()));
                    split(tree, nodes[n], rows, subsetOf(of), rowsOf, stack);
                }
            }
        }
        return roots;
    }

    private int[] drawnBy(int tree) {
        byte[] times = drawn[tree];
        int[] rows = new int[times.length];
        int count = 0;
        for (int r = 0; r < times.length; r++) {
            if (times[r] > 0) {
                rows[count++] = r;
            }
        }
        return Arrays.copyOf(rows, count);
    }

    private int[] subsetOf(Object info) {
        Option subset =
            ((org.apache.spark.ml.tree.impl.RandomForest$NodeIndexInfo) info).featureSubset();
        if (subset.isDefined()) {
            return (int[]) subset.get();
        }
        int[] all = new int[metadata.numFeatures()];
        for (int feature = 0; feature < all.length; feature++) {
            all[feature] = feature;
        }
        return all;
    }

    /** Splits a node where it gains most, if anywhere, and puts its children where they go. */
    private void split(
            int tree, LearningNode node, int[] rows, int[] features, IdentityHashMap rowsOf,
            ListBuffer stack) {
        long[] all = new long[2];
        byte[] classes = new byte[rows.length];
        byte[] times = new byte[rows.length];
        for (int i = 0; i < rows.length; i++) {
            classes[i] = labels[rows[i]];
            times[i] = drawn[tree][rows[i]];
            all[classes[i]] += times[i];
        }
        double impurity = gini(all[0], all[1]);
        double best = -Double.MAX_VALUE;
        int bestFeature = -1;
        int bestBin = -1;
        long[] bestLeft = null;
        for (int f = 0; f < features.length; f++) {
            int feature = features[f];
            int splits = thresholds[feature].length;
            int[] counts = counted(rows, bins[feature], classes, times, splits + 1);
            long[] left = new long[2];
            for (int bin = 0; bin < splits; bin++) {
                left[0] += counts[2 * bin];
                left[1] += counts[2 * bin + 1];
                double gain = gain(impurity, left, all);
                // Spark takes the first of those that gain the same.
                if (gain > best) {
                    best = gain;
                    bestFeature = feature;
                    bestBin = bin;
                    bestLeft = new long[] {left[0], left[1]};
                }
            }
        }
        GiniCalculator calculator = calculator(all[0], all[1]);
        if (bestFeature < 0) {
            node.isLeaf_$eq(true);
            node.stats_$eq(ImpurityStats.getInvalidImpurityStats(calculator));
            return;
        }
        GiniCalculator left = calculator(bestLeft[0], bestLeft[1]);
        GiniCalculator right = calculator(all[0] - bestLeft[0], all[1] - bestLeft[1]);
        node.stats_$eq(new ImpurityStats(best, impurity, calculator, left, right, true));
        int level = LearningNode.indexToLevel(node.id());
        boolean isLeaf = best <= 0 || level == metadata.maxDepth();
        node.isLeaf_$eq(isLeaf);
        if (isLeaf) {
            return;
        }
        double threshold = thresholds[bestFeature][bestBin];
        node.split_$eq(new Some(new ContinuousSplit(bestFeature, threshold)));
        LearningNode leftChild = child(LearningNode.leftChildIndex(node.id()), left);
        LearningNode rightChild = child(LearningNode.rightChildIndex(node.id()), right);
        node.leftChild_$eq(new Some(leftChild));
        node.rightChild_$eq(new Some(rightChild));
        boolean isLast = level + 1 == metadata.maxDepth();
        if (!isLast && Math.abs(left.calculate()) >= PURE) {
            rowsOf.put(leftChild, side(rows, bestFeature, bestBin, true));
            stack.prepend(new Tuple2(Integer.valueOf(tree), leftChild));
        }
        if (!isLast && Math.abs(right.calculate()) >= PURE) {
            rowsOf.put(rightChild, side(rows, bestFeature, bestBin, false));
            stack.prepend(new Tuple2(Integer.valueOf(tree), rightChild));
        }
    }

    /** How many rows of either class are in each bin, one after the other. */
    private static int[] counted(int[] rows, byte[] bin, byte[] classes, byte[] times, int width) {
        int[] counts = new int[2 * width];
        for (int i = 0; i < rows.length; i++) {
            counts[((bin[rows[i]] & 0xff) << 1) | classes[i]] += times[i];
        }
        return counts;
    }

    /** What it gains to part `left` from the rest; the least number where that is not allowed. */
    private double gain(double impurity, long[] left, long[] all) {
        long right0 = all[0] - left[0];
        long right1 = all[1] - left[1];
        double leftCount = (double) left[0] + (double) left[1];
        double rightCount = (double) right0 + (double) right1;
        boolean tooFew = leftCount < metadata.minInstancesPerNode()
            || rightCount < metadata.minInstancesPerNode()
            || leftCount < metadata.minWeightPerNode()
            || rightCount < metadata.minWeightPerNode();
        if (tooFew) {
            return -Double.MAX_VALUE;
        }
        double total = leftCount + rightCount;
        double gain = impurity - leftCount / total * gini(left[0], left[1])
            - rightCount / total * gini(right0, right1);
        return gain < metadata.minInfoGain() ? -Double.MAX_VALUE : gain;
    }

    private static double gini(double negatives, double positives) {
        double total = negatives + positives;
        if (total == 0) {
            return 0;
        }
        double negative = negatives / total;
        double positive = positives / total;
        return 1.0 - negative * negative - positive * positive;
    }

    private static GiniCalculator calculator(long negatives, long positives) {
        return new GiniCalculator(
            new double[] {(double) negatives, (double) positives}, negatives + positives);
    }

    private static LearningNode child(int id, GiniCalculator calculator) {
        return LearningNode.apply(id, false, ImpurityStats.getEmptyImpurityStats(calculator));
    }

    private int[] side(int[] rows, int feature, int lastBin, boolean left) {
        byte[] bin = bins[feature];
        int[] chosen = new int[rows.length];
        int count = 0;
        for (int i = 0; i < rows.length; i++) {
            if (((bin[rows[i]] & 0xff) <= lastBin) == left) {
                chosen[count++] = rows[i];
            }
        }
        return Arrays.copyOf(chosen, count);
    }
}
