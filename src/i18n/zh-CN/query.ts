import type {Catalogue} from '../index.js';

export const query: Catalogue['query'] = {
	wrong: (problem, column, marked) =>
		marked === ''
			? `过滤条件第 ${column} 个字符处：${problem}`
			: `过滤条件第 ${column} 个字符处（“${marked}”）：${problem}`,
	problems: {
		unclosed: ({what}) => (what === '(' ? '此括号没有闭合' : `引号 ${what} 没有闭合`),
		unexpected: ({what}) => `此处不能出现“${what}”；若要查找这个词本身，请加双引号`,
		missing: ({after}) => `“${after}”之后缺少内容`,
		'unknown-key': ({key, known}) =>
			`没有“${key}:”；可用的有 ${known.join('、')}。若要查找这段文字，请加双引号`,
		'bad-state': ({value, known}) => `消息没有“${value}”这种状态；可用的有 ${known.join('、')}`,
		'bad-type': ({value, known}) => `“${value}”不是消息类型；可用的有 ${known.join('、')}`,
		'bad-duration': ({value}) => `“${value}”不是时长，应如 20ms、1.5s 或 300us`,
		'unknown-saved': ({name}) => `没有名为“${name}”的已存过滤条件`,
		'saved-loop': ({name}) => `已存过滤条件“${name}”又引用了它自己`,
		'bad-rule': ({value}) => `${value} 不是匹配规则的组成部分（应为 key='值'，每个键只能出现一次）`,
		'rule-key': ({key, known}) => `匹配规则没有“${key}”这个键；可用的有 ${known.join('、')} 等`,
		'too-long': ({most}) => `过滤条件最多 ${most} 个字符`,
	},
};
