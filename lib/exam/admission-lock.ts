/** One admission at a time over all web processes, so that the limit of labs holds exactly: an advisory lock's number. */
export const admissionLock = 20_310_731;
