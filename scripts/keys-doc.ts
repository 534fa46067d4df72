import {writeFileSync} from 'node:fs';
import {keysMarkdown} from '../src/tui/keys-doc.js';

writeFileSync(new URL('../docs/keys.md', import.meta.url), keysMarkdown());
