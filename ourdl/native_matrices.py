"""Native matrices: the C that multiplies them (chapter 17)."""

from .native_functions import write_for_types

# A vector is as wide as the machine has them; a tile of ROWS x 2 vectors of sums stays
# in registers while one row of `b` after the other goes by.
PRODUCT = """
#if defined(__AVX512F__)
#define BYTES 64
#define ROWS 8
#define DOTS 6
#elif defined(__AVX__)
#define BYTES 32
#define ROWS 6
#define DOTS 2
#else
#define BYTES 16
#define ROWS 4
#define DOTS 2
#endif
#define DEPTH 512
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define STEP(steps, k, step) ((steps) ? (steps)[k] : (k) * (step))
"""
TILE_OF = """
#define width_T (BYTES / (int)sizeof(T))
typedef T vector_T __attribute__((vector_size(BYTES), aligned(sizeof(T)), may_alias));
ALWAYS void tile_T(const int rows, const int wide, const int inner, const T *a,
                   const int a_row, const int a_next, const T *b, const int b_next,
                   const int *steps, T *c, const int c_row, const int columns,
                   const int more, T *restrict keep) {
    vector_T sums[ROWS][2];
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < wide; j++) sums[i][j] = (vector_T){0};
    for (int k = 0; k < inner; k++) {
        vector_T row[2];
        for (int j = 0; j < wide; j++)
            row[j] = *(const vector_T *)(b + STEP(steps, k, b_next) + j * width_T);
        for (int j = 0; keep && j < wide; j++)
            *(vector_T *)(keep + (k * wide + j) * width_T) = row[j];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < wide; j++)
                sums[i][j] += a[i * a_row + k * a_next] * row[j];
    }
    for (int i = 0; i < rows; i++) {
        const T *each = (const T *)sums[i];
        T *place = c + i * c_row;
        if (columns == wide * width_T)
            for (int j = 0; j < wide; j++) {
                vector_T *whole = (vector_T *)place + j;
                *whole = sums[i][j] + (more ? *whole : (vector_T){0});
            }
        else
            for (int l = 0; l < columns; l++)
                place[l] = each[l] + (more ? place[l] : 0);
    }
}
ALWAYS void strip_T(const int rows, const int wide, const int inner, const T *a,
                    const int a_row, const int a_next, const T *b, const int b_next,
                    const int *steps, T *c, const int c_row, const int columns,
                    const int more) {
    int i = 0;
    for (; i + ROWS <= rows; i += ROWS)
        tile_T(ROWS, wide, inner, a + i * a_row, a_row, a_next, b, b_next,
               steps, c + i * c_row, c_row, columns, more, 0);
    for (; i + 2 <= rows; i += 2)
        tile_T(2, wide, inner, a + i * a_row, a_row, a_next, b, b_next,
               steps, c + i * c_row, c_row, columns, more, 0);
    for (; i < rows; i++)
        tile_T(1, wide, inner, a + i * a_row, a_row, a_next, b, b_next,
               steps, c + i * c_row, c_row, columns, more, 0);
}
"""
DOTS_OF = """
/* Sums of products along rows of both: vectors of them, added up at the end. */
ALWAYS T total_T(const vector_T sum) {
    T s = 0, each[width_T];
    memcpy(each, &sum, BYTES);
    #pragma omp simd reduction(+ : s)
    for (int l = 0; l < width_T; l++) s += each[l];
    return s;
}
ALWAYS void dots_T(const int rows, const int columns, const int inner, const T *a,
                   const int a_row, const int *steps, const T *b, const int b_row,
                   T *c, const int c_row, const int more) {
    vector_T sums[DOTS][4];
    const int whole = inner / width_T * width_T;
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) sums[i][j] = (vector_T){0};
    for (int k = 0; k < whole; k += width_T) {
        vector_T right[4];
        for (int j = 0; j < columns; j++)
            right[j] = *(const vector_T *)(b + j * b_row + k);
        for (int i = 0; i < rows; i++) {
            const vector_T left = *(const vector_T *)(a + STEP(steps, i, a_row) + k);
            for (int j = 0; j < columns; j++) sums[i][j] += left * right[j];
        }
    }
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) {
            T s = more ? c[i * c_row + j] : 0;
            s += total_T(sums[i][j]);
            for (int k = whole; k < inner; k++)
                s += a[STEP(steps, i, a_row) + k] * b[j * b_row + k];
            c[i * c_row + j] = s;
        }
}
ALWAYS void dots_of_rows_T(const int rows, const int columns, const int inner,
                           const T *a, const int a_row, const int *steps,
                           const T *b, const int b_row, T *c, const int c_row,
                           const int more) {
    int j = 0;
    for (; j + 4 <= columns; j += 4)
        dots_T(rows, 4, inner, a, a_row, steps, b + j * b_row, b_row, c + j, c_row,
               more);
    for (; j < columns; j++)
        dots_T(rows, 1, inner, a, a_row, steps, b + j * b_row, b_row, c + j, c_row,
               more);
}
"""
MULTIPLY_OF = """
ALWAYS void pack_T(const int deep, const int left, const int width, const T *strip,
                   const int b_row, const int b_next, T *restrict pack) {
    for (int m = 0; m < deep; m++) {
        if (b_next == 1)
            memcpy(pack + m * width, strip + m * b_row, left * sizeof(T));
        else
            for (int l = 0; l < left; l++)
                pack[m * width + l] = strip[m * b_row + l * b_next];
        for (int l = left; l < width; l++) pack[m * width + l] = 0;
    }
}
/* c = a b: rows x inner by inner x columns, some hundred rows of b at a time. Where a
   strip of b does not lie row by row, or is narrower than the vectors, it is copied to
   `pack` first; where it lies in rows far apart, the first tile copies what it reads.
   Where both lie along what is added up, no copy is needed. */
ALWAYS void multiply_T(const int rows, const int columns, const int inner, const T *a,
                       const int a_row, const int a_next, const T *b, const int b_row,
                       const int b_next, T *restrict c, T *restrict pack) {
    if (a_next == 1 && b_row == 1 && b_next != 1 && inner > 4 * DEPTH) {
        for (int k = 0; k < inner; k += 2 * DEPTH) {
            const int deep = MIN(inner - k, 2 * DEPTH);
            int i = 0;
            for (; i + DOTS <= rows; i += DOTS)
                dots_of_rows_T(DOTS, columns, deep, a + i * a_row + k, a_row, 0, b + k,
                               b_next, c + i * columns, columns, k);
            for (; i < rows; i++)
                dots_of_rows_T(1, columns, deep, a + i * a_row + k, a_row, 0, b + k,
                               b_next, c + i * columns, columns, k);
        }
        return;
    }
    for (int k = 0; k < inner; k += DEPTH)
        for (int j = 0; j < columns; j += 2 * width_T) {
            const int left = MIN(columns - j, 2 * width_T);
            const int deep = MIN(inner - k, DEPTH);
            const int wide = left > width_T ? 2 : 1, width = wide * width_T;
            const T *begin = a + k * a_next, *strip = b + k * b_row + j * b_next;
            const int far = inner > 128 && rows > 2 * ROWS;
            const int packs = far || b_next != 1 || left < width;
            T *place = c + j;
            int row = packs ? width : b_row, done = 0;
            if (far && b_next == 1 && left == 2 * width_T) {
                tile_T(ROWS, 2, deep, begin, a_row, a_next, strip, b_row, 0, place,
                       columns, left, k, pack);
                begin += ROWS * a_row;
                place += ROWS * columns;
                done = ROWS;
            } else if (packs)
                pack_T(deep, left, width, strip, b_row, b_next, pack);
            if (packs) strip = pack;
            if (wide == 2)
                strip_T(rows - done, 2, deep, begin, a_row, a_next, strip, row, 0,
                        place, columns, left, k);
            else
                strip_T(rows, 1, deep, begin, a_row, a_next, strip, row, 0, place,
                        columns, left, k);
        }
}
/* c = a b, where a table tells where each row of b begins. */
ALWAYS void gather_T(const int rows, const int columns, const int inner, const T *a,
                     const int a_row, const int a_next, const T *b, const int *steps,
                     T *restrict c, const int c_row) {
    int j = 0;
    for (; j + 2 * width_T <= columns; j += 2 * width_T)
        strip_T(rows, 2, inner, a, a_row, a_next, b + j, 0, steps, c + j, c_row,
                2 * width_T, 0);
    for (; j < columns; j += width_T)
        strip_T(rows, 1, inner, a, a_row, a_next, b + j, 0, steps, c + j, c_row,
                width_T, 0);
}
/* c += a b, where a table tells where each row of a begins, and b lies column by
   column: both along what is added up. */
ALWAYS void add_dots_T(const int rows, const int columns, const int inner, const T *a,
                       const int *steps, const T *b, const int b_row, T *restrict c) {
    int i = 0;
    for (; i + DOTS <= rows; i += DOTS)
        dots_of_rows_T(DOTS, columns, inner, a, 0, steps + i, b, b_row, c + i * columns,
                       columns, 1);
    for (; i < rows; i++)
        dots_of_rows_T(1, columns, inner, a, 0, steps + i, b, b_row, c + i * columns,
                       columns, 1);
}
"""


def write_matrices():
    """What a program that multiplies matrices needs beside its own loops."""
    return PRODUCT + write_for_types(TILE_OF + DOTS_OF + MULTIPLY_OF)


__all__ = []
