# SPDX-License-Identifier: Apache-2.0
"""Boosted trees as XGBoost saves them, as JSON and UBJSON, without XGBoost."""
import json
import struct


def xgboost_model(best_iteration=None):
    """As Booster.save_model writes it: two trees of two leaves, x0 < 1.5 and x1 < 2.5; no is where a missing value goes."""
    def tree(number, feature, threshold, no, yes):
        return {"base_weights": [0.0, 0.0, 0.0], "categories": [], "categories_nodes": [], "categories_segments": [],
                "categories_sizes": [], "default_left": [0, 0, 0], "id": number, "left_children": [1, -1, -1],
                "loss_changes": [1.0, 0.0, 0.0], "parents": [2147483647, 0, 0], "right_children": [2, -1, -1],
                "split_conditions": [threshold, yes, no], "split_indices": [feature, 0, 0], "split_type": [0, 0, 0],
                "sum_hessian": [2.0, 1.0, 1.0],
                "tree_param": {"num_deleted": "0", "num_feature": "2", "num_nodes": "3", "size_leaf_vector": "0"}}

    attributes = {} if best_iteration is None else {"best_iteration": str(best_iteration)}
    return {"learner": {"attributes": attributes, "feature_names": [], "feature_types": [],
                        "gradient_booster": {
                            "model": {"gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "2"},
                                      "tree_info": [0, 0],
                                      "trees": [tree(0, 0, 1.5, no=1.0, yes=-1.0), tree(1, 1, 2.5, no=0.5, yes=-0.5)]},
                            "name": "gbtree"},
                        "learner_model_param": {"base_score": "0E0", "num_class": "0", "num_feature": "2",
                                                "num_target": "1"},
                        "objective": {"name": "reg:squarederror"}},
            "version": [1, 7, 4]}


ROWS = [[1, 2], [2, 2], [2, 3]]
SCORES = [-1.5, 0.5, 1.5]
FIRST_SCORES = [-1.0, 1.0, 1.0]  # of the first tree alone


def xgboost_json(**how):
    return json.dumps(xgboost_model(**how), separators=(",", ":")).encode()


def xgboost_ubjson(**how):
    return _ubjson(xgboost_model(**how))


def _ubjson(value):
    """As XGBoost writes it: lengths are int64, and lists of numbers have one type."""
    length = lambda number: b"L" + struct.pack(">q", number)
    if isinstance(value, dict):
        return b"{" + b"".join(length(len(key)) + key.encode() + _ubjson(each) for key, each in value.items()) + b"}"
    if isinstance(value, str):
        return b"S" + length(len(value.encode())) + value.encode()
    if isinstance(value, list):
        if value and all(isinstance(each, float) for each in value):
            return b"[$d#" + length(len(value)) + struct.pack(f">{len(value)}f", *value)
        if value and all(isinstance(each, int) for each in value):
            return b"[$l#" + length(len(value)) + struct.pack(f">{len(value)}i", *value)
        return b"[#" + length(len(value)) + b"".join(map(_ubjson, value))
    return b"l" + struct.pack(">i", value)
