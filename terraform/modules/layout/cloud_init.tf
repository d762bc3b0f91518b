# What a host does when it starts first: the deadline's timer, packages, the right time. No source, no secret, no tuning.
locals {
  files = [
    {
      path        = "/opt/coresweep/packages.txt"
      permissions = "0644"
      content     = file("${path.module}/../../../packages.txt")
    },
    {
      # Which of a list's alternatives there is, it finds where it runs, as `make bench` does.
      path        = "/opt/coresweep/install_packages.sh"
      permissions = "0755"
      content     = file("${path.module}/../../../cmake/install_packages.sh")
    },
  ]
  # Persistent: a deadline that went by while the host was off is kept at the next start.
  deadline_files = var.deadline == null ? [] : [
    {
      path        = "/etc/systemd/system/coresweep-deadline.timer"
      permissions = "0644"
      content     = <<-EOT
        [Unit]
        Description=The deadline that terraform gave this host

        [Timer]
        OnCalendar=${formatdate("YYYY-MM-DD hh:mm:ss 'UTC'", var.deadline)}
        Persistent=true
        AccuracySec=1s

        [Install]
        WantedBy=timers.target
      EOT
    },
    {
      path        = "/etc/systemd/system/coresweep-deadline.service"
      permissions = "0644"
      content     = <<-EOT
        [Unit]
        Description=Turn this host off, which ends it where a cloud was told so

        [Service]
        Type=oneshot
        ExecStart=/usr/bin/systemctl poweroff
      EOT
    },
  ]
  time_files = length(var.time_servers) == 0 ? [] : [
    {
      path        = "/etc/chrony/sources.d/coresweep.sources"
      permissions = "0644"
      content     = join("", [for address in var.time_servers : "server ${address} prefer iburst minpoll 4 maxpoll 4\n"])
    },
  ]
  # The timer first: packages that hang must not keep a host alive.
  commands = concat(
    var.deadline == null ? [] : [
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", "coresweep-deadline.timer"],
    ],
    [concat(["env", "PACKAGES_FILE=/opt/coresweep/packages.txt", "/opt/coresweep/install_packages.sh"], var.package_groups)],
    # An image that has chrony already has read its sources before this one was written.
    length(var.time_servers) == 0 ? [] : [["systemctl", "restart", "chrony"]],
  )
  cloud_init = "#cloud-config\n${yamlencode({
    write_files = concat(local.files, local.deadline_files, local.time_files)
    runcmd      = local.commands
  })}"
}
