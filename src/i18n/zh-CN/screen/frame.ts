import type {Catalogue} from '../../index.js';

export const title: Catalogue['screen']['title'] = {
	connections: (n) => `${n} 个连接`,
	frozen: (n) => `❄ ${n} 个已冻结`,
	rate: (rate) => `${rate} 条/秒`,
	help: '? 帮助',
	dropped: (n) => `${n} 条未保留`,
	capture: '捕获文件',
	readOnly: '只读',
};

export const tooSmall: Catalogue['screen']['tooSmall'] = (columns, rows, needColumns, needRows) =>
	`当前终端为 ${columns}×${rows}，请放大到至少 ${needColumns}×${needRows}；按 q 退出。`;

export const connections: Catalogue['screen']['connections'] = {
	title: '连接',
	rules: (n) => `${n} 条规则`,
	waiting: (count) => `${count} 条等待`,
	queued: (n) => `总线中排队 ${n} 条`,
	frozen: '已冻结',
	refusing: '拒绝调用',
	standIn: '替它拒绝调用',
	noKeeper: '已冻结，看守进程已消失',
	busItself: '总线守护进程',
	none: '没有任何连接。',
	noMatch: '没有符合过滤条件的连接；按 esc 清除。',
};

export const chart: Catalogue['screen']['chart'] = {rate: '每秒消息数', stages: '各阶段用时（毫秒）'};
