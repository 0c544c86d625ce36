package influencers;

import java.nio.ByteBuffer;
import java.util.ArrayList;

import org.apache.spark.ml.classification.GBTClassificationModel;
import org.apache.spark.ml.regression.DecisionTreeRegressionModel;
import org.apache.spark.ml.tree.ContinuousSplit;
import org.apache.spark.ml.tree.DecisionTreeModel;
import org.apache.spark.ml.tree.InternalNode;
import org.apache.spark.ml.tree.LeafNode;
import org.apache.spark.ml.tree.Node;
import org.apache.spark.ml.tree.TreeEnsembleModel;
import org.apache.spark.mllib.tree.impurity.VarianceCalculator;

/**
 * The nodes of Spark's tree ensembles as numbers, and boosted ensembles made of such numbers.
 *
 * All splits are of numbers. Compiled when it is first used: see java_source.py.
 */
public final class Ensembles {
    /** How many doubles describe a node; that many of them are counts. */
    private static final int WIDTH = 13;
    private static final int STATS = 3;

    /**
     * The nodes of an ensemble, tree by tree, as doubles one after another.
     *
     * Of each node: tree, number in it (as Spark saves it: a node before its left, these before its
     * right), prediction, impurity, three numbers that the impurity is of (of a class: two, and 0),
     * rows, gain, left, right, feature, threshold. A leaf gains -1, and has -1 for what follows,
     * and no threshold.
     */
    public byte[] nodes(TreeEnsembleModel ensemble) {
        DecisionTreeModel[] trees = ensemble.trees();
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
            stats.length < STATS ? 0 : stats[2], node.impurityStats().rawCount(), -1, -1, -1, -1,
            Double.NaN};
        found.add(about);
        if (!(node instanceof InternalNode)) {
            return number + 1;
        }
        InternalNode inner = (InternalNode) node;
        ContinuousSplit split = (ContinuousSplit) inner.split();
        about[8] = inner.gain();
        about[9] = number + 1;
        about[10] = describe(inner.leftChild(), tree, number + 1, found);
        about[11] = split.featureIndex();
        about[12] = split.threshold();
        return describe(inner.rightChild(), tree, (int) about[10], found);
    }

    /**
     * A boosted ensemble of the nodes of its trees, which are as `nodes` has them.
     *
     * @param uid      of the model
     * @param nodes    of all trees
     * @param weight   of each tree
     * @param features how many places a vector has
     */
    public GBTClassificationModel boosted(String uid, byte[] nodes, double weight, int features) {
        ByteBuffer buffer = ByteBuffer.wrap(nodes);
        double[][] all = new double[nodes.length / (WIDTH * 8)][WIDTH];
        int trees = 0;
        for (int n = 0; n < all.length; n++) {
            for (int i = 0; i < WIDTH; i++) {
                all[n][i] = buffer.getDouble();
            }
            trees = (int) all[n][0] + 1;
        }
        DecisionTreeRegressionModel[] models = new DecisionTreeRegressionModel[trees];
        double[] weights = new double[trees];
        for (int n = 0; n < all.length; n++) {
            if (all[n][1] == 0) {
                int tree = (int) all[n][0];
                models[tree] = new DecisionTreeRegressionModel(node(all, n, n), features);
                weights[tree] = weight;
            }
        }
        return new GBTClassificationModel(uid, models, weights, features, 2);
    }

    private static Node node(double[][] all, int root, int at) {
        double[] about = all[at];
        VarianceCalculator calculator = new VarianceCalculator(
            new double[] {about[4], about[5], about[6]}, (long) about[7]);
        if (about[9] < 0) {
            return new LeafNode(about[2], about[3], calculator);
        }
        return new InternalNode(
            about[2], about[3], about[8], node(all, root, root + (int) about[9]),
            node(all, root, root + (int) about[10]),
            new ContinuousSplit((int) about[11], about[12]), calculator);
    }
}
