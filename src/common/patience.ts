/** Milliseconds after which nearly every library has given up on a call (libdbus, sd-bus and GDBus: 25 s). */
export const patienceMs = 25_000;
