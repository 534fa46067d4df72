/** Client libraries by a mapped file that only their users have; the first that is found is the one, because it is built on those below. */
const libraries: ReadonlyArray<readonly [name: string, file: RegExp]> = [
	['QtDBus', /\/libQt\dDBus\.so/],
	['dbus-python', /\/_dbus_bindings\.[^/]*\.so$/],
	['dbus-glib', /\/libdbus-glib-1\.so/],
	['sdbus-c++', /\/libsdbus-c\+\+\.so/],
	['ell', /\/libell\.so/],
	['libdbus', /\/libdbus-1\.so/],
	['GDBus', /\/libgio-2\.0\.so/],
	['sd-bus', /\/libsystemd(-shared-\d+)?\.so/],
];

const languages: ReadonlyArray<readonly [name: string, file: RegExp]> = [
	['Python', /\/python3[\d.]*$|\/libpython3/],
	['C++', /\/libstdc\+\+\.so/],
];

/**
 * Which D-Bus library a program speaks with, judged by its mapped files, e.g. `GDBus` or `dbus-python (Python)`.
 * GDBus programs map libdbus where some other library drags it in, so they are known by their exporting code: not at
 * all. Both are named then.
 * @param files paths of the mapped files of the process.
 */
export function libraryOf(files: Iterable<string>): string {
	const mapped = [...files];
	const uses = ([, file]: readonly [string, RegExp]) => mapped.some((one) => file.test(one));
	const found = libraries.find(uses)?.[0] ?? 'its own';
	const isMixed = found === 'libdbus' && mapped.some((one) => /\/libgio-2\.0\.so/.test(one));
	const name = isMixed ? 'GDBus, libdbus' : found;
	const language = languages.find(uses)?.[0];
	return language === undefined ? name : `${name} (${language})`;
}
