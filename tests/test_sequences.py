"""Chapter 13: tokens and rows, cells that remember, and what they write."""

import pytest

import ourdl as od


def test_the_names_are_there():
    names = od.first_names()
    assert (len(names), len(set(names))) == (5163, 5163)
    assert names == sorted(names)
    assert {*"".join(names)} == {*"abcdefghijklmnopqrstuvwxyz"}
    assert {*map(len, names)} == {*range(2, 12)}
    names[0] = ""  # one's own copy
    assert od.first_names()[0] == "aaron"


def test_every_name_comes_back_from_its_tokens():
    for name in od.first_names():
        tokens = od.encode(name)
        assert (tokens[0], tokens[-1], len(tokens)) == (0, 0, len(name) + 2)
        assert tokens[1:-1].tolist() == [ord(letter) - 96 for letter in name]
        assert od.decode(tokens) == od.decode(tokens[1:]) == name
        assert od.decode([*tokens, 0, 0]) == od.decode([*tokens, 7]) == name


def test_another_alphabet_and_no_letters():
    assert od.encode("aha!", "|!ah").tolist() == [0, 2, 3, 2, 1, 0]
    assert od.decode([0, 2, 3, 2, 1, 0], "|!ah") == "aha!"
    assert od.encode("").tolist() == [0, 0]
    assert od.decode([0, 0]) == od.decode([]) == ""


@pytest.mark.parametrize("letter", ["é", "E", ".", " "])
def test_a_letter_without_a_token_is_named(letter):
    with pytest.raises(od.GraphError, match="has no token") as caught:
        od.encode(f"ren{letter}e")
    assert repr(letter) in str(caught.value)


def test_rows_are_filled_up_and_the_mask_says_where():
    sequences = [od.encode(name) for name in ("emma", "al", "jo")]
    tokens, mask = od.pad_sequences(sequences)
    assert (tokens.shape, mask.shape, mask.dtype) == ((3, 6), (3, 6), float)
    for row, marks, sequence in zip(tokens, mask, sequences, strict=True):
        assert row[marks == 1].tolist() == sequence.tolist()
        assert not row[marks == 0].any()
    longer, _ = od.pad_sequences(sequences, length=9)
    assert longer.shape == (3, 9)
    assert longer[:, :6].tolist() == tokens.tolist()
    assert od.pad_sequences([])[0].shape == (0, 0)
    with pytest.raises(od.GraphError, match="has 6 tokens, and a row only 5"):
        od.pad_sequences(sequences, length=5)
