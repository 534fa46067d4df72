import {en} from './en/index.js';
import {zhCN} from './zh-CN/index.js';

/** The English catalogue is the shape of every other: a missing or wrongly typed sentence does not compile. */
export type Catalogue = typeof en;
export type Language = 'en' | 'zh-CN';

const catalogues: Record<Language, Catalogue> = {en, 'zh-CN': zhCN};
let current: Catalogue = en;

/** The sentences in the chosen language; call it where you print, not at import time. */
export function messages(): Catalogue {
	return current;
}

export function setLanguage(language: Language): void {
	current = catalogues[language];
}

/** `zh-CN` when the locale of the environment is any Chinese one, else `en`. POSIX order of precedence. */
export function languageOf(env: NodeJS.ProcessEnv): Language {
	const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || '';
	return locale.startsWith('zh') ? 'zh-CN' : 'en';
}
