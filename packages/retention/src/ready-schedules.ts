/** Where the schedules lie that come with the archive: one YAML file each, named as the schedule. */
export const readySchedulesFolder = new URL('../schedules/', import.meta.url);
