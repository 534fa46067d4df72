/** What a pid of the images is called where their memory can be read. */
export type PidHere = (pid: number) => number;

/** By far most processes are called the same everywhere. */
export const asCalled: PidHere = (pid) => pid;
