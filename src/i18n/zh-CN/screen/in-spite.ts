import type {Catalogue} from '../../index.js';

export const inSpite: Catalogue['screen']['inSpite'] = {
	title: (name) => `仍要解冻 ${name}？`,
	offer: '也可在列表中按 t：会先询问是否仍要解冻。',
	ask: 'space 承担此风险 · n 或 esc 保持冻结',
	notYet: '请先看清不宜解冻的原因：space 承担该风险，esc 保持冻结。',
	nothing: '没有可由您决定忽略的障碍。',
	risks: {
		moved: {
			what: '它已移到另一台机器',
			risk: '同一服务的另一个副本可能正在那里运行，也可能随时在那里解冻。两者会以相同的名称、面对相同的对端行事，并互相覆盖对方的结果。仅当那里的副本已不复存在时，才应承担此风险。',
		},
		'copy-lives': {
			what: '本机上有它的另一个副本',
			risk: '本机上会有两个相同的服务：它们争用相同的名称，并互相覆盖对方的文件。仅当另一个已不复存在时，才应承担此风险。',
		},
		'unit-active': {
			what: '其 systemd 单元的另一个实例正在运行',
			risk: '会先停止该实例：它内存中的数据和正在处理的请求都会丢失。被冻结的进程将带着较旧的状态取而代之。',
		},
		'cpu-lacks': {
			what: '本机处理器缺少所需特性',
			risk: '用到这些特性的程序会因 SIGILL 而终止，可能立即发生，也可能在数小时之后，其内存中的一切都会丢失。仅当它启动时已停用这些特性（GLIBC_TUNABLES）时，才应承担此风险。',
		},
	},
};
