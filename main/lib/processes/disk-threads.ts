/**
 * Imported for its effect, before anything is asked of the disk. Node has four threads for it, so ten records that wait for the disk at
 * once would wait three times; libuv reads the number when the first of them is needed.
 */
process.env.UV_THREADPOOL_SIZE ??= '16'
