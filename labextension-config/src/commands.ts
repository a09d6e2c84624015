/** The ids of our commands. */
export const CommandIDs = {
  showBrowser: 'sandfs:show-browser',
  copyOut: 'sandfs:copy-out',
  downloadArchive: 'sandfs:download-archive',
  publish: 'sandfs:publish',
  showStaging: 'sandfs:show-staging',
  upload: 'sandfs:upload-staged',
  refresh: 'sandfs:refresh-staged',
  download: 'sandfs:download-staged',
  copyKey: 'sandfs:copy-staged-key',
  keep: 'sandfs:keep-staged',
  stage: 'sandfs:stage',
  remove: 'sandfs:delete-staged'
} as const;
