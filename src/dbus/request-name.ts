/** Flags of the bus driver's RequestName. */
export const nameFlag = {allowReplacement: 1, replaceExisting: 2, doNotQueue: 4} as const;

/** Its answers. */
export const nameAnswer = {owner: 1, queued: 2, taken: 3, already: 4} as const;

/** The error when nobody has the name. */
export const nobodyOwns = 'org.freedesktop.DBus.Error.NameHasNoOwner';

/** The error when the bus's policy forbids it. */
export const accessDenied = 'org.freedesktop.DBus.Error.AccessDenied';
