import type {Catalogue} from '../index.js';

export const unit: Catalogue['unit'] = {
	options: {
		stopUnit: '若其 systemd 单元的另一个实例正在运行，先将其停止',
	},
	takingPlace: (name) => `systemd：正在接替 ${name} 的主进程…`,
	column: '单元',
	label: '其单元现状',
	changes: {
		held: (name, pid) => `systemd：${name} 保持活动；其间由我们的进程 ${pid} 充当主进程`,
		started: (name, pid) => `systemd：正在启动 ${name}；由我们的进程 ${pid} 占据主进程的位置`,
		returned: (name, pid) => `systemd：进程 ${pid} 重新成为 ${name} 的主进程`,
		stopped: (name) => `systemd：${name} 已被停止；冻结的进程被放弃`,
	},
	stays: (name) => `  ${name} 保持活动；“systemctl stop” 和 “restart” 会放弃冻结的进程。`,
	mainAgain: (name) => `  ${name} 处于活动状态，主进程就是它。`,
	wasStarted: (name) => `  已为它启动 ${name}，它是该单元的主进程。`,
	givenUp: '已放弃：其单元被停止',
	givenUpRemains: (name) => `${name} 在其单元被停止时被放弃。映像完好：解冻时会启动该单元并恢复它。`,
	leftSettings: '已死看守进程改动过的 systemd 单元设置',
	warnings: {
		'unit-stopped': ({unit: name}) => `${name} 在冻结期间被 systemd 停止：进程被放弃，其名称已空出，映像保留`,
		'unit-not-returned': ({unit: name, reason}) =>
			`systemd 不接受该进程为 ${name} 的主进程（${reason}）：它在运行，但 “systemctl stop” 可能无法结束它`,
		'unit-not-restored': ({unit: name, reason}) =>
			`无法恢复 ${name} 的设置（${reason}）：请运行 “dbusfreeze-tui checkpoints repair”`,
		'unit-unknown': ({unit: name}) => `这里的 systemd 没有单元 ${name}：解冻后的进程不受其监管`,
		'journal-anew': ({streams}) => `其输出经 ${streams} 条新连接进入日志（journal）`,
	},
	findings: {
		'unit-main': ({unit: name, type, watchdogMs}) =>
			`它是 ${name} 的主进程（Type=${type}${Number(watchdogMs) > 0 ? `，看门狗 ${watchdogMs} 毫秒` : ''}），其间该单元保持活动`,
		'unit-drop-in': ({unit: name}) =>
			`${name} 不允许任何进程代其发言（NotifyAccess=none）：解冻之前暂时更改此项，前后各执行一次 daemon-reload`,
		'unit-other': ({unit: name, main}) => `它属于 ${name}，其主进程是 ${main}：不会告知 systemd`,
		'unit-foreign': ({unit: name}) =>
			`${name} 属于某个用户自己的 systemd：它会看到进程结束，并可能启动另一个`,
	},
	faults: {
		'no-systemd': ({reason}) => ({
			message: reason === 'not-booted' ? '本系统的 init 不是 systemd。' : `无法连接 systemd：${reason}。`,
			hint: '请用总线名称或 pid:N 指定目标。',
		}),
		'unit-inactive': ({unit: name, state}) => ({
			message: `${name} 没有可冻结的进程：其状态为 ${state}。`,
			hint: `请先启动它：systemctl start ${name}`,
		}),
		'unit-refused': ({unit: name, reason}) => ({
			message:
				reason === 'main-pid'
					? `systemd 不接受另一个进程为 ${name} 的主进程。`
					: `无法接替 ${name} 的主进程：${reason === 'no-cgroup' ? '这里看不到其 cgroup' : reason}。`,
			hint: `请查看 “journalctl -u ${name}”。`,
		}),
		'unit-stopped': ({unit: name}) => ({
			message: `${name} 在冻结中途被停止或重启。`,
			hint: '待其运行后再次冻结。',
		}),
		'unit-active': ({unit: name, pid, state}) => ({
			message: `${name} 在没有冻结进程的情况下处于 ${state} 状态${pid > 0 ? `（进程 ${pid}）` : ''}。`,
			hint: '不能同时运行两个实例：加上 --stop-unit 先停止那一个；其状态会丢失。',
		}),
		'unit-not-started': ({unit: name, result}) => ({
			message: `systemd 未能为解冻启动 ${name}（${result}）。`,
			hint: `请查看 “journalctl -u ${name}”。其设置已恢复原状；可以重试。`,
		}),
	},
};
