# A process for each client.
use strict;
use warnings;
use Getopt::Long;
use IO::Socket::INET;
use List::Util qw(shuffle);

my ($help, $verbose, $port) = (0, 0, 8083);
GetOptions("help" => \$help, "v|verbose" => \$verbose, "p|port=i" => \$port) or exit 2;
if ($help) {
    print "Usage: tcp_server [--help] [-v] [-p PORT]\n\nOptions:\n";
    print "  --help\n  -v, --verbose\n  --port PORT, -p PORT\n";
    exit 0;
}

sub note { print STDERR "@_\n" if $verbose; }

sub receive {
    my ($client, $length) = @_;
    my $data = "";
    while (length($data) < $length) {
        my $count = sysread($client, $data, $length - length($data), length($data));
        return undef unless $count;
    }
    return $data;
}

sub drop_and_repeat {
    my $text = shift;
    my $kept = "";
    foreach my $character (split //, $text) {
        next if int(rand(6)) == 0;
        $kept .= $character x (int(rand(6)) == 0 ? int(1 / (1 - rand())) : 1);
    }
    return $kept eq "" ? substr($text, 0, 1) : $kept;
}

my %actions = (
    0x01 => sub { uc shift },
    0x02 => sub { lc shift },
    0x04 => sub { scalar reverse shift },
    0x08 => sub { join "", shuffle(split //, shift) },
    0x10 => \&drop_and_repeat,
);

sub serve {
    my $client = shift;
    while (defined(my $header = receive($client, 4))) {
        my $word = unpack("N", $header);
        my ($action, $length) = ($word >> 27, $word & 0x07ffffff);
        my $data = receive($client, $length);
        return unless defined $data;
        note("action $action, $length bytes");
        my $answer = "error";
        if (exists $actions{$action} && utf8::decode($data)) {
            $answer = $actions{$action}->($data);
            utf8::encode($answer);
        }
        print $client pack("N/a*", $answer) or return;
    }
}

$SIG{INT} = sub { note("shutting down"); exit 0 };
$SIG{CHLD} = "IGNORE";
$SIG{PIPE} = "IGNORE";
my $listener = IO::Socket::INET->new(LocalPort => $port, Listen => 5, ReuseAddr => 1)
    or die "cannot listen on port $port: $@\n";
$0 = "tcp_server: listening on $port";
note("listening on port $port");
while (1) {
    my $client = $listener->accept() or next;
    $client->autoflush(0);
    note("connection from " . $client->peerhost() . ":" . $client->peerport());
    if (fork() == 0) {
        close $listener;
        srand();
        $client->autoflush(1);
        serve($client);
        exit 0;
    }
    close $client;
}
