import {readConfig, saveFilter} from '../../common/config/file.js';

/** The filters in the user's settings, for the screen. */
export class SavedFilters {
	constructor(private readonly env: NodeJS.ProcessEnv) {}

	async all(): Promise<Readonly<Record<string, string>>> {
		return (await readConfig(this.env)).filters ?? {};
	}

	async save(name: string, text: string | undefined): Promise<Readonly<Record<string, string>>> {
		return (await saveFilter(this.env, name, text)).filters ?? {};
	}
}
