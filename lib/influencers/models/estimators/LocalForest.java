package influencers;

import java.nio.ByteBuffer;
import java.util.ArrayList;
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
import org.apache.spark.ml.tree.InternalNode;
import org.apache.spark.ml.tree.LearningNode;
import org.apache.spark.ml.tree.Node;
import org.apache.spark.ml.tree.impl.DecisionTreeMetadata;
import org.apache.spark.ml.tree.impl.RandomForest$;
import org.apache.spark.mllib.tree.configuration.Algo$;
import org.apache.spark.mllib.tree.configuration.Strategy;
import org.apache.spark.mllib.tree.impurity.GiniCalculator;
import org.apache.spark.mllib.tree.model.ImpurityStats;
import org.apache.spark.sql.Row;
import org.apache.spark.util.random.BernoulliSampler;
import org.apache.spark.util.random.XORShiftRandom;
import scala.Option;
import scala.Some;
import scala.Tuple2;
import scala.collection.Iterator;
import scala.collection.immutable.Map$;
import scala.collection.immutable.Set$;
import scala.collection.mutable.ListBuffer;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;

/**
 * Fits a forest of two classes in the memory of the driver: node by node the one that Spark fits.
 *
 * Spark's forests take a job for every level of their trees, and a few before the first. Of few
 * rows, the jobs are nearly all that takes time. What decides a forest is Spark's own here: the
 * thresholds, the draws of rows and features, the order of nodes, and how trees become a model;
 * only the counting of rows by node, and what it gains to split one, is done in place of tasks.
 *
 * Compiled when it is first used, by the compiler that Spark has for its own generated code, which
 * knows no lambdas and infers no types: see local_forest.py.
 */
public final class LocalForest {
    /** Where children are as good as of one class, in what Spark takes them for. */
    private static final double PURE = Math.ulp(1.0);
    /** The least number of rows that Spark draws to find thresholds by. */
    private static final int LEAST_SAMPLE = 10000;

    /** How many doubles describe a node. */
    private static final int WIDTH = 12;

    private Strategy strategy;
    private DecisionTreeMetadata metadata;
    private double[][] thresholds;
    /** By row: its partition, the class, the bin of each feature, and how often trees drew it. */
    private int[] partitions;
    private int[] labels;
    private int[][] bins;
    private int[][] drawn;

    /**
     * The forest that the estimator would fit to the rows.
     *
     * @param asked     the estimator; of its parameters, weights are not heeded
     * @param collected an array of rows, by partition: a label of 0.0 or 1.0, a vector of numbers,
     *                  and the number of the partition
     */
    public RandomForestClassificationModel fit(RandomForestClassifier asked, Object collected) {
        Row[] rows = (Row[]) collected;
        double[][] values = new double[rows.length][];
        labels = new int[rows.length];
        partitions = new int[rows.length];
        for (int r = 0; r < rows.length; r++) {
            labels[r] = (int) rows[r].getDouble(0);
            values[r] = ((Vector) rows[r].get(1)).toArray();
            partitions[r] = rows[r].getInt(2);
        }
        int trees = asked.getNumTrees();
        strategy = asked.getOldStrategy(
            Map$.MODULE$.empty(), 2, Algo$.MODULE$.Classification(), asked.getOldImpurity());
        metadata = metadataOf(rows.length, values[0].length, trees,
            asked.getFeatureSubsetStrategy());
        thresholds = thresholdsOf(sampled(values, asked.getSeed()));
        bins = binned(values);
        drawn = draws(trees, asked.getSeed());

        LearningNode[] roots = grown(trees, asked.getSeed());
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

    /**
     * The nodes of a forest, tree by tree, as doubles one after another.
     *
     * Of each node: tree, number in it (as Spark saves it: a node before its left, these before its
     * right), prediction, impurity, negatives, positives, rows, gain, left, right, feature,
     * threshold. A leaf gains -1, and has -1 for what follows, and no threshold.
     */
    public byte[] nodes(RandomForestClassificationModel forest) {
        DecisionTreeClassificationModel[] trees = forest.trees();
        ArrayList found = new ArrayList();
        for (int tree = 0; tree < trees.length; tree++) {
            describe(trees[tree].rootNode(), tree, 0, found);
        }
        ByteBuffer buffer = ByteBuffer.allocate(found.size() * WIDTH * 8);
        for (int n = 0; n < found.size(); n++) {
            double[] node = (double[]) found.get(n);
            for (int i = 0; i < WIDTH; i++) {
                buffer.putDouble(node[i]);
            }
        }
        return buffer.array();
    }

    /** Adds a node and what follows it; returns the number after the last. */
    private static int describe(Node node, int tree, int number, ArrayList found) {
        double[] stats = node.impurityStats().stats();
        double[] about = new double[] {
            tree, number, node.prediction(), node.impurity(), stats[0], stats[1],
            node.impurityStats().rawCount(), -1, -1, -1, -1, Double.NaN};
        found.add(about);
        if (!(node instanceof InternalNode)) {
            return number + 1;
        }
        InternalNode inner = (InternalNode) node;
        ContinuousSplit split = (ContinuousSplit) inner.split();
        about[7] = inner.gain();
        about[8] = number + 1;
        about[9] = describe(inner.leftChild(), tree, number + 1, found);
        about[10] = split.featureIndex();
        about[11] = split.threshold();
        return describe(inner.rightChild(), tree, (int) about[9], found);
    }

    private DecisionTreeMetadata metadataOf(int rows, int features, int trees, String subset) {
        int[] most = new int[features];
        Arrays.fill(most, Math.min(strategy.getMaxBins(), rows));
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
            features, rows, rows, 2, most[0], Map$.MODULE$.empty(), Set$.MODULE$.empty(), most,
            strategy.getImpurity(), strategy.getQuantileCalculationStrategy(),
            strategy.getMaxDepth(), strategy.getMinInstancesPerNode(),
            strategy.getMinWeightFractionPerNode(), strategy.getMinInfoGain(), trees, tried);
    }

    /** The rows that thresholds are found by: of many, those that Spark draws in each partition. */
    private double[][] sampled(double[][] values, long seed) {
        int enough = Math.max(metadata.maxBins() * metadata.maxBins(), LEAST_SAMPLE);
        if (values.length <= enough) {
            return values;
        }
        java.util.Random seeds = new java.util.Random(new XORShiftRandom(seed).nextInt());
        BernoulliSampler sampler = null;
        double[][] chosen = new double[values.length][];
        int count = 0;
        int seeded = 0;
        for (int r = 0; r < values.length; r++) {
            if (isFirstOfPartition(r)) {
                long ofPartition = 0;
                for (; seeded <= partitions[r]; seeded++) {
                    ofPartition = seeds.nextLong();
                }
                sampler = new BernoulliSampler(
                    (double) enough / values.length, ClassTag$.MODULE$.Object());
                sampler.setSeed(ofPartition);
            }
            if (sampler.sample() > 0) {
                chosen[count++] = values[r];
            }
        }
        return (double[][]) Arrays.copyOf(chosen, count);
    }

    private boolean isFirstOfPartition(int row) {
        return row == 0 || partitions[row] != partitions[row - 1];
    }

    /** Between which bins each feature can be split, rising. */
    private double[][] thresholdsOf(double[][] values) {
        double[][] found = new double[metadata.numFeatures()][];
        for (int feature = 0; feature < found.length; feature++) {
            // Of zeros Spark knows by what is missing.
            Map counts = new HashMap();
            long known = 0;
            for (int r = 0; r < values.length; r++) {
                double value = values[r][feature];
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

    private int[][] binned(double[][] values) {
        int[][] found = new int[values.length][];
        for (int r = 0; r < values.length; r++) {
            int[] row = new int[values[r].length];
            for (int feature = 0; feature < row.length; feature++) {
                int place = Arrays.binarySearch(thresholds[feature], values[r][feature]);
                row[feature] = place >= 0 ? place : -place - 1;
            }
            found[r] = row;
        }
        return found;
    }

    private int[][] draws(int trees, long seed) {
        PoissonDistribution poisson = new PoissonDistribution(strategy.getSubsamplingRate());
        int[][] found = new int[partitions.length][];
        for (int r = 0; r < found.length; r++) {
            if (isFirstOfPartition(r)) {
                poisson.reseedRandomGenerator(seed + partitions[r] + 1);
            }
            found[r] = poisson.sample(trees);
        }
        return found;
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
        int[] rows = new int[drawn.length];
        int count = 0;
        for (int r = 0; r < drawn.length; r++) {
            if (drawn[r][tree] > 0) {
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
        for (int i = 0; i < rows.length; i++) {
            all[labels[rows[i]]] += drawn[rows[i]][tree];
        }
        double impurity = gini(all[0], all[1]);
        double best = -Double.MAX_VALUE;
        int bestFeature = -1;
        int bestBin = -1;
        long[] bestLeft = null;
        for (int f = 0; f < features.length; f++) {
            int feature = features[f];
            int splits = thresholds[feature].length;
            long[][] counts = counted(tree, rows, feature, splits + 1);
            long[] left = new long[2];
            for (int bin = 0; bin < splits; bin++) {
                left[0] += counts[0][bin];
                left[1] += counts[1][bin];
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

    /** How many rows of either class are in each bin. */
    private long[][] counted(int tree, int[] rows, int feature, int width) {
        long[][] counts = new long[2][width];
        for (int i = 0; i < rows.length; i++) {
            int r = rows[i];
            counts[labels[r]][bins[r][feature]] += drawn[r][tree];
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
        int[] chosen = new int[rows.length];
        int count = 0;
        for (int i = 0; i < rows.length; i++) {
            if ((bins[rows[i]][feature] <= lastBin) == left) {
                chosen[count++] = rows[i];
            }
        }
        return Arrays.copyOf(chosen, count);
    }
}
