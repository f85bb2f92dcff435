"""The synthetic world of examples/contextual_recall (task.hpp and task.cpp), drawn with NumPy."""

from dataclasses import dataclass

import numpy as np

SUBJECTS, TYPES, VALUES, TYPED_GRAMMAR, NEUTRAL_GRAMMAR, TUPLES = 64, 4, 8, 4, 4, 6
NEUTRAL_RATE = 0.3
POSITIONS = 4 * TUPLES

# Token ids, block after block.
BOS = 0
FIRST_SUBJECT = 1
FIRST_ATTRIBUTE = FIRST_SUBJECT + SUBJECTS
FIRST_TYPED = FIRST_ATTRIBUTE + TYPES * VALUES
FIRST_NEUTRAL = FIRST_TYPED + TYPES * TYPED_GRAMMAR
VOCABULARY = FIRST_NEUTRAL + NEUTRAL_GRAMMAR + 1


@dataclass
class Prompts:
    """Texts of BOS and tuples, (row, token), and what their answers depend on."""

    tokens: np.ndarray
    types: np.ndarray
    queries: np.ndarray


def neutral(random, shape):
    return FIRST_NEUTRAL + random.integers(NEUTRAL_GRAMMAR, size=shape)


def texts_of(tuples):
    """(row, tuple, 4) to (row, token), a BOS in front."""
    rows = len(tuples)
    return np.concatenate([np.full((rows, 1), BOS), tuples.reshape(rows, -1)], axis=1)


class World:
    """Facts, and a share of the subjects for finetuning."""

    def __init__(self, finetuned_share, random):
        self.values = random.integers(VALUES, size=(SUBJECTS, TYPES))
        self.all = np.arange(SUBJECTS)
        order = random.permutation(SUBJECTS)
        count = round(finetuned_share * SUBJECTS)
        self.finetuned, self.held_out = order[:count], order[count:]

    def fact(self, subjects, types):
        """The attribute tokens of subjects for types."""
        return FIRST_ATTRIBUTE + types * VALUES + self.values[subjects, types]

    def pretraining(self, rows, neutral_rate, random):
        """Tuples of independent subjects and types, some grammar tokens neutral."""
        subjects = random.integers(SUBJECTS, size=(rows, TUPLES))
        types = random.integers(TYPES, size=(rows, TUPLES))
        typed = random.integers(TYPED_GRAMMAR, size=(rows, TUPLES, 2))
        typed += FIRST_TYPED + types[..., None] * TYPED_GRAMMAR
        grammar = np.where(random.random(typed.shape) < neutral_rate,
                           neutral(random, typed.shape), typed)
        parts = (FIRST_SUBJECT + subjects[..., None], grammar,
                 self.fact(subjects, types)[..., None])
        return texts_of(np.concatenate(parts, axis=-1))

    def recall(self, rows, context, queries, shots, random):
        """Tuples of other subjects with neutral grammar, then the query.

        The last `shots` of the tuples show the hidden type, those before random types.
        """
        types = random.integers(TYPES, size=rows)
        query = random.choice(queries, size=rows)
        keys = np.where(context == query[:, None], 2, random.random((rows, len(context))))
        subjects = context[keys.argsort(axis=1)[:, :TUPLES - 1]]
        shown = np.where(np.arange(TUPLES - 1) >= TUPLES - 1 - shots, types[:, None],
                         random.integers(TYPES, size=subjects.shape))
        subjects = np.concatenate([subjects, query[:, None]], axis=1)
        shown = np.concatenate([shown, types[:, None]], axis=1)
        parts = (FIRST_SUBJECT + subjects[..., None], neutral(random, (rows, TUPLES, 2)),
                 self.fact(subjects, shown)[..., None])
        return Prompts(texts_of(np.concatenate(parts, axis=-1)), types, query)

    def cue(self, rows, queries, mixed, random):
        """Slots [n n n value] with values of one type, or of any if mixed, then the query."""
        types = random.integers(TYPES, size=rows)
        query = random.choice(queries, size=rows)
        shape = (rows, TUPLES)
        shown = random.integers(TYPES, size=shape) if mixed else types[:, None]
        answers = FIRST_ATTRIBUTE + shown * VALUES + random.integers(VALUES, size=shape)
        tuples = np.concatenate([neutral(random, (rows, TUPLES, 3)), answers[..., None]], axis=-1)
        tuples[:, -1, 0] = FIRST_SUBJECT + query
        tuples[:, -1, 3] = self.fact(query, types)
        return Prompts(texts_of(tuples), types, query)
