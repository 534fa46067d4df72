import path from 'node:path';

/** One image in an OCI image layout, named as skopeo names it: `oci:DIR[:TAG]`. */
export interface LayoutPlace {
	dir: string;
	tag: string;
}

/** What an image is called if nobody says. */
const usualTag = 'latest';

/** Undefined: this is the name of a file. A tag is what the OCI distribution specification allows. */
export function parsePlace(text: string): LayoutPlace | undefined {
	if (!text.startsWith('oci:')) return undefined;
	const [, dir = '', tag = usualTag] = /^oci:(.+?)(?::(\w[\w.-]{0,127}))?$/.exec(text) ?? [];
	return {dir: path.resolve(dir), tag};
}
