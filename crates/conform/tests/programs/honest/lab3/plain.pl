use strict;
use IO::Socket::INET;

$SIG{PIPE} = "IGNORE";
my ($host, $port) = (@ARGV, "127.0.0.1", 12000);
my $server = IO::Socket::INET->new(
    LocalAddr => $host, LocalPort => $port, Listen => 10, ReuseAddr => 1) or die $@;
$0 = "lab3 server";
print "Server listening at $host/$port\n";
while (1) {
    my $client = $server->accept or next;
    eval {
        my $id = $client->peerport or die "it has left\n";
        syswrite $client, "(dp0\nVclientid\np1\nI$id\ns.";
        while (sysread $client, my $data, 4096) {
            die "no pickle\n" unless $data =~ /^[\x80(}\])KINGVX].*\.$/s;
            print "Client $id sent ", length $data, " bytes\n";
            syswrite $client, "Vserver got the data\n.";
        }
    };
    print "error: $@" if $@;
    close $client;
}
