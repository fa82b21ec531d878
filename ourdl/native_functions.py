"""Native functions: the C with which every native program begins (chapter 17)."""

import math
import re

HEAD = """
#include <math.h>
#include <stdint.h>
#include <string.h>
#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT
#endif
#define ALWAYS static inline __attribute__((always_inline, unused))
#define ONCE static __attribute__((noinline))
"""

# Written once for float and once for double: T is the type, I the integer as long.
NUMBERS = """
ALWAYS T larger_T(T a, T b) { T c = b > a ? b : a; return b != b ? b : c; }
ALWAYS T smaller_T(T a, T b) { T c = b < a ? b : a; return b != b ? b : c; }
#pragma omp declare reduction(larger : T : \\
    omp_out = omp_out > omp_in || omp_out != omp_out ? omp_out : omp_in) \\
    initializer(omp_priv = -INFINITY)
#pragma omp declare reduction(smaller : T : \\
    omp_out = omp_out < omp_in || omp_out != omp_out ? omp_out : omp_in) \\
    initializer(omp_priv = INFINITY)
ALWAYS T rest_of_T(T a, T b) {
    T rest = FMOD(a, b);
    if (rest == 0) return COPYSIGN(0, b);
    return (b < 0) != (rest < 0) && rest == rest ? rest + b : rest;
}
ALWAYS T whole_times_T(T a, T b) {
    if (b == 0) return a / b;
    T rest = FMOD(a, b), times = (a - rest) / b - (rest && (b < 0) != (rest < 0));
    T near = FLOOR(times);
    return near == 0 ? COPYSIGN(0, a / b) : near + (times - near > (T)0.5);
}
"""

# e^x = 2^k · e^r, where k is whole and r is at most half of ln 2, so that a few terms
# of Taylor's series are enough. To add MAGIC rounds to a whole number, and leaves that
# number in the last bits, from where it is moved to those of the exponent.
EXPONENTIAL = """
ALWAYS T two_to_T(T k) {
    union { T f; I i; } u;
    u.f = k + MAGIC;
    u.i = (I)((UI)(u.i + BIAS) << BITS);
    return u.f;
}
ALWAYS T power_less_one_T(T x, T *k) {
    *k = (x * (T)1.4426950408889634 + MAGIC) - MAGIC;
    T r = x - *k * LN2_HIGH - *k * LN2_LOW, p = FIRST;
    TERMS
    return r + r * r * p;
}
ALWAYS T exp_T(T x) {
    T k, y = x < LOWEST ? LOWEST : x > HIGHEST ? HIGHEST : x;
    T p = power_less_one_T(y, &k), half = (k * (T)0.5 + MAGIC) - MAGIC;
    return (1 + p) * two_to_T(half) * two_to_T(k - half);
}
ALWAYS T expm1_T(T x) {
    T k, y = x < LOWEST ? LOWEST : x > HIGHEST ? HIGHEST : x;
    T p = power_less_one_T(y, &k), half = (k * (T)0.5 + MAGIC) - MAGIC;
    T first = two_to_T(half), second = two_to_T(k - half), s = first * second;
    return COPYSIGN(k > 64 ? (1 + p) * first * second : p * s + (s - 1), x);
}
ALWAYS T tanh_T(T x) {
    T less = expm1_T(-2 * FABS(x));
    return COPYSIGN(less / (2 + less), x);
}
"""

# The names of the loop texts, by type: what a text says is the same for both.
CHOICES = """
#define BY_TYPE(x, f, g) _Generic((x), float: f, default: g)
#define WHOLE_TOO(x, f, g, h) _Generic((x), float: f, int64_t: h, default: g)
ALWAYS int64_t same_int(int64_t a) { return a; }
ALWAYS int64_t abs_int(int64_t a) { return a < 0 ? -a : a; }
ALWAYS int64_t larger_int(int64_t a, int64_t b) { return a > b ? a : b; }
ALWAYS int64_t smaller_int(int64_t a, int64_t b) { return a < b ? a : b; }
ALWAYS int64_t whole_times_int(int64_t a, int64_t b) {
    if (b == 0 || b == -1) return b ? -a : 0;
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}
ALWAYS int64_t rest_of_int(int64_t a, int64_t b) {
    return b ? a - b * whole_times_int(a, b) : 0;
}
ALWAYS int64_t place(int64_t k, int64_t size) { return k < 0 ? k + size : k; }
#define exp(x) BY_TYPE(x, exp_float, exp_double)(x)
#define expm1(x) BY_TYPE(x, expm1_float, expm1_double)(x)
#define tanh(x) BY_TYPE(x, tanh_float, tanh_double)(x)
#define log(x) BY_TYPE(x, logf, log)(x)
#define log1p(x) BY_TYPE(x, log1pf, log1p)(x)
#define sin(x) BY_TYPE(x, sinf, sin)(x)
#define cos(x) BY_TYPE(x, cosf, cos)(x)
#define sqrt(x) BY_TYPE(x, sqrtf, sqrt)(x)
#define pow(x, y) BY_TYPE((x) + (y), powf, pow)(x, y)
#define abs(x) WHOLE_TOO(x, fabsf, fabs, abs_int)(x)
#define floor(x) WHOLE_TOO(x, floorf, floor, same_int)(x)
#define trunc(x) WHOLE_TOO(x, truncf, trunc, same_int)(x)
#define rint(x) WHOLE_TOO(x, rintf, rint, same_int)(x)
#define larger(x, y) WHOLE_TOO((x) + (y), larger_float, larger_double, larger_int)(x, y)
#define smaller(x, y) \\
    WHOLE_TOO((x) + (y), smaller_float, smaller_double, smaller_int)(x, y)
#define rest_of(x, y) \\
    WHOLE_TOO((x) + (y), rest_of_float, rest_of_double, rest_of_int)(x, y)
#define whole_times(x, y) \\
    WHOLE_TOO((x) + (y), whole_times_float, whole_times_double, whole_times_int)(x, y)
"""

TYPES = {
    "float": {
        "T": "float", "I": "int32_t", "UI": "uint32_t", "BIAS": "127", "BITS": "23",
        "MAGIC": "0x1.8p23f", "LOWEST": "-104.0f", "HIGHEST": "89.0f",
        "LN2_HIGH": "0.693359375f", "LN2_LOW": "-2.12194440e-4f", "terms": 8,
        "FMOD": "fmodf", "COPYSIGN": "copysignf", "FLOOR": "floorf", "FABS": "fabsf",
    },
    "double": {
        "T": "double", "I": "int64_t", "UI": "uint64_t", "BIAS": "1023", "BITS": "52",
        "MAGIC": "0x1.8p52", "LOWEST": "-746.0", "HIGHEST": "710.0",
        "LN2_HIGH": "6.93147180369123816490e-01",
        "LN2_LOW": "1.90821492927058770002e-10", "terms": 14,
        "FMOD": "fmod", "COPYSIGN": "copysign", "FLOOR": "floor", "FABS": "fabs",
    },
}  # fmt: skip


def write_for_types(text):
    """A text of C, once for each type of numbers."""
    return "".join([fill_type(text, words) for words in TYPES.values()])


def fill_type(text, words):
    """A text of C with a type's own words in it."""
    *others, first = [1 / math.factorial(n) for n in range(2, words["terms"])]
    lines = [f"p = p * r + (T){each!r};" for each in others[::-1]]
    text = text.replace("TERMS", "\n    ".join(lines)).replace("FIRST", repr(first))
    return re.sub(
        r"\b([A-Z][A-Z0-9_]*)\b|_T\b",
        lambda word: (
            f"_{words['T']}" if word[0] == "_T" else str(words.get(word[0], word[0]))
        ),
        text,
    )


def write_head():
    """What a program needs beside its own loops."""
    return HEAD + write_for_types(NUMBERS + EXPONENTIAL) + CHOICES


__all__ = []
