/** Distances between quantiles of a standard normal: what a range of values is divided by to be its standard deviation. */

/** Of the quartiles. */
export const NORMAL_IQR = 1.3489795003921634;
/** Of the 0.5 % and 99.5 % quantiles. */
export const NORMAL_TAIL_RANGE = 5.1516586071978;
