/**
 * Preloaded into every process that `up` starts: when `up` is gone, even by SIGKILL, its end of the IPC channel closes and
 * the process ends itself as carefully as on SIGTERM.
 */
process.channel?.unref();
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
